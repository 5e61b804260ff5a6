/** Devices of a container: `--device`, and the cgroup's rules for them (config-linux.md, "Devices"). */
import { ProaError } from '../../../core/error.ts';
import type { Device, DeviceRule } from './types.ts';

/** A device to show in a container and what may be done with it: some of `r`, `w`, `m` (mknod). */
export interface ContainerDevice {
  device: Device;
  access: string;
}

/**
 * `--device HOST[:CONTAINER][:ACCESS]`.
 * @throws ProaError INVALID_DEVICE
 */
export function parseDeviceOption(value: string): { host: string; container: string; access: string } {
  const fail = (why: string): ProaError =>
    new ProaError('INVALID_DEVICE', `add device ${value}: ${why}`, {
      hint: 'use --device /dev/ON-HOST[:/dev/IN-CONTAINER][:rwm]',
    });
  const [host = '', second, third, ...more] = value.split(':');
  if (!host.startsWith('/')) throw fail('the path must be absolute');
  if (more.length > 0) throw fail('it has too many parts');
  const isAccess = (part: string): boolean => /^[rwm]{1,3}$/.test(part) && new Set(part).size === part.length;
  if (second === undefined) return { host, container: host, access: 'rwm' };
  if (third === undefined && isAccess(second)) return { host, container: host, access: second };
  if (!second.startsWith('/')) throw fail(`${second} is neither an absolute path nor some of rwm`);
  if (third !== undefined && !isAccess(third)) throw fail(`${third} is not some of rwm`);
  return { host, container: second, access: third ?? 'rwm' };
}

/**
 * `--device-cgroup-rule 'TYPE MAJOR:MINOR ACCESS'`, with `*` for any number (cgroup-v1/devices.rst).
 * @throws ProaError INVALID_DEVICE
 */
export function parseDeviceRule(text: string): DeviceRule {
  const [, type, major, minor, access] = /^([abc]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text.trim()) ?? [];
  if (type === undefined) {
    throw new ProaError(
      'INVALID_DEVICE',
      `use device rule ${JSON.stringify(text)}: it is not TYPE MAJOR:MINOR ACCESS`,
      {
        hint: "for example --device-cgroup-rule 'c 10:200 rwm'",
      },
    );
  }
  return {
    allow: true,
    type: type as 'a' | 'b' | 'c',
    ...(major !== '*' && { major: Number(major) }),
    ...(minor !== '*' && { minor: Number(minor) }),
    access: access!,
  };
}

/**
 * The cgroup's device rules: all for a privileged container; else none but those shown, to which the runtimes add the
 * default ones (null, zero, full, random, urandom, tty, ptmx, pts).
 */
export function deviceRules(
  devices: readonly ContainerDevice[],
  privileged: boolean,
  further: readonly DeviceRule[] = [],
): DeviceRule[] {
  if (privileged) return [{ allow: true, access: 'rwm' }];
  const rules: DeviceRule[] = [{ allow: false, access: 'rwm' }];
  for (const { device, access } of devices) {
    if (device.type === 'p') continue; // a fifo: no device cgroup looks at it
    rules.push({
      allow: true,
      type: device.type === 'b' ? 'b' : 'c',
      major: device.major,
      minor: device.minor,
      access,
    });
  }
  rules.push(...further);
  return rules;
}
