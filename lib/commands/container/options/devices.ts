/** Devices of the host in the container. */
import type { Options, OptionTable } from '../../../cli/command.ts';
import { isCdiName } from '../../../oci/model/cdi-name.ts';
import { parseDeviceOption, parseDeviceRule } from '../../../oci/model/runtime-spec/devices.ts';
import type { ContainerOptions } from '../../../storage/containers.ts';
import { splitWords } from './invalid.ts';

export const deviceOptions = {
  device: {
    type: 'list',
    metavar: 'HOST[:CONTAINER][:rwm]',
    summary: "Show a device of the host's, or one by its CDI name (vendor.com/class=name)",
    complete: 'file',
  },
  'device-cgroup-rule': {
    type: 'list',
    metavar: "'TYPE MAJOR:MINOR rwm'",
    summary: 'Allow devices that the container may make itself',
  },
  gpus: {
    type: 'string',
    metavar: 'GPUS',
    summary: 'GPUs that a device specification in /etc/cdi describes: all, a number, device=IDS',
  },
} as const satisfies OptionTable;

/** @throws ProaError INVALID_DEVICE */
export function readDevices(options: Options<typeof deviceOptions>): ContainerOptions {
  const rules = options['device-cgroup-rule'];
  for (const rule of rules) parseDeviceRule(rule);
  const words = splitWords(options.device);
  const [names, paths] = [words.filter(isCdiName), words.filter((word) => !isCdiName(word))];
  return {
    devices: paths.length > 0 ? paths.map(parseDeviceOption) : undefined,
    cdiDevices: names.length > 0 ? names : undefined,
    deviceCgroupRules: rules.length > 0 ? rules : undefined,
  };
}
