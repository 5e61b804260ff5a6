import { checkKernelPlace } from '../../../lib/engine/container/kernel-places.ts';
import type { MountRequest } from '../../../lib/engine/container/mount-request.ts';

const check = (type: MountRequest['type'], source: string, destination: string, origin?: 'image'): void =>
  checkKernelPlace({
    type,
    source,
    destination,
    options: [],
    createSource: false,
    ...(origin && { origin }),
  });

describe("the kernel's places", () => {
  test.each([
    ['volume', 'v', '/proc'],
    ['volume', '', '/proc/sys/net'],
    ['image', 'i', '/sys/fs'],
    ['volume', 'v', '/dev'],
    ['tmpfs', '', '/proc'],
    ['bind', '/tmp', '/proc'],
    ['bind', '/nowhere/at/all', '/proc'],
  ] as const)('%s %j on %s is refused', (type, source, destination) => {
    expect(() => check(type, source, destination)).toThrow(
      expect.objectContaining({ code: 'INVALID_MOUNT' }),
    );
  });

  test.each([
    ['bind', '/proc', '/proc'],
    ['bind', '/proc/uptime', '/proc/uptime'],
    ['bind', '/dev', '/dev'],
    ['bind', '/sys', '/sys'],
    ['tmpfs', '', '/proc/acpi'],
    ['tmpfs', '', '/dev'],
    ['volume', 'v', '/dev/shm'],
    ['volume', 'v', '/process'],
    ['volume', 'v', '/srv/proc'],
  ] as const)('%s %j on %s is taken', (type, source, destination) => {
    check(type, source, destination);
  });

  test('what an image declares counts as its content, however it is mounted', () => {
    expect(() => check('tmpfs', '', '/proc/acpi', 'image')).toThrow(/that is the kernel's place/);
    check('tmpfs', '', '/data', 'image');
  });
});
