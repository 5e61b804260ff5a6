/** Devices of the host in the container. */
import type { Options, OptionTable } from '../../../cli/command.ts';
import { parseDeviceOption, parseDeviceRule } from '../../../oci/model/runtime-spec/devices.ts';
import type { ContainerOptions } from '../../../storage/containers.ts';
import { splitWords } from './invalid.ts';

export const deviceOptions = {
  device: {
    type: 'list',
    metavar: 'HOST[:CONTAINER][:rwm]',
    summary: "Show a device of the host's",
    complete: 'file',
  },
  'device-cgroup-rule': {
    type: 'list',
    metavar: "'TYPE MAJOR:MINOR rwm'",
    summary: 'Allow devices that the container may make itself',
  },
} as const satisfies OptionTable;

/** @throws ProaError INVALID_DEVICE */
export function readDevices(options: Options<typeof deviceOptions>): ContainerOptions {
  const rules = options['device-cgroup-rule'];
  for (const rule of rules) parseDeviceRule(rule);
  return {
    devices: options.device.length > 0 ? splitWords(options.device).map(parseDeviceOption) : undefined,
    deviceCgroupRules: rules.length > 0 ? rules : undefined,
  };
}
