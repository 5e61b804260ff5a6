/** Devices of the host that a container shows: `--device`, and all of them with `--privileged`. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { hasCode, messageOf, ProaError } from '../../core/error.ts';
import type { ContainerDevice } from '../../oci/model/runtime-spec/devices.ts';
import { bindMount } from '../../oci/model/runtime-spec/mount-options.ts';
import type { Mount } from '../../oci/model/runtime-spec/types.ts';
import type { ContainerConfig, DeviceRequest } from '../../storage/containers.ts';

export interface DevicesOfSpec {
  devices: ContainerDevice[];
  /** A user namespace cannot make device nodes: there the host's own are shown. */
  mounts: Mount[];
}

type Config = Pick<ContainerConfig, 'privileged' | 'devices'>;

/**
 * @param userNamespace the container is in a user namespace: its own, or that of the user
 * @throws ProaError DEVICE_MISSING naming the device
 */
export function containerDevices(config: Config, userNamespace: boolean): DevicesOfSpec {
  const wanted = (config.devices ?? []).flatMap(resolveDevice);
  if (userNamespace) {
    const mounts = wanted.map(({ node, host }) =>
      bindMount({
        source: host,
        destination: node.device.path,
        nonRecursive: true,
        options: ['nosuid', 'noexec'],
      }),
    );
    return { devices: [], mounts };
  }
  const devices = wanted.map(({ node }) => node);
  const taken = new Set(devices.map(({ device }) => device.path));
  const all = config.privileged ? hostDevices().filter(({ device }) => !taken.has(device.path)) : [];
  return { devices: [...all, ...devices], mounts: [] };
}

/** Looks at what is asked for, to refuse it before anything is made. @throws ProaError DEVICE_MISSING */
export function checkDevices(requests: readonly DeviceRequest[]): void {
  for (const request of requests) resolveDevice(request);
}

/** The numbers of a device node of the host. @throws ProaError DEVICE_MISSING */
export function deviceNumber(path: string): { major: number; minor: number } {
  const { major, minor } = namedDevice(path, path).device;
  return { major, minor };
}

/** A folder stands for all devices in it, as for Docker. */
function resolveDevice({
  host,
  container,
  access,
}: DeviceRequest): { host: string; node: ContainerDevice }[] {
  const path = real(host);
  if (!statSync(path).isDirectory()) {
    const { device } = namedDevice(path, host);
    return [{ host: path, node: { device: { ...device, path: container }, access } }];
  }
  const below = devicesBelow(path);
  if (below.length === 0) throw missing(host, 'no device node is in this folder');
  return below.map(({ device }) => ({
    host: device.path,
    node: { device: { ...device, path: `${container}${device.path.slice(path.length)}` }, access },
  }));
}

function real(host: string): string {
  try {
    return realpathSync(host);
  } catch (error) {
    throw missing(host, hasCode(error, 'ENOENT') ? 'no such file on this host' : messageOf(error));
  }
}

/** A device node of the host. @throws ProaError DEVICE_MISSING naming it as it was `asked` for */
export function namedDevice(path: string, asked: string): ContainerDevice {
  const stat = statSync(real(path));
  if (stat.isBlockDevice() || stat.isCharacterDevice()) return deviceNode(path);
  throw missing(asked, 'it is not a device');
}

function missing(host: string, why: string): ProaError {
  return new ProaError('DEVICE_MISSING', `use device ${host}: ${why}`, {
    hint: 'ls -l /dev shows those of this host',
  });
}

/** All device nodes of the host, for --privileged. The runtime makes these itself: null, zero, … */
function hostDevices(): ContainerDevice[] {
  return devicesBelow('/dev').filter(
    ({ device }) => !/^\/dev\/(null|zero|full|random|urandom|tty|console|ptmx)$/.test(device.path),
  );
}

function devicesBelow(top: string): ContainerDevice[] {
  const devices: ContainerDevice[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!/^\/dev\/(pts|shm|mqueue|hugepages|fd|\.lxc)$/.test(path)) walk(path);
        continue;
      }
      if (!entry.isCharacterDevice() && !entry.isBlockDevice()) continue;
      try {
        devices.push(deviceNode(path));
      } catch (error) {
        // Devices come and go (hotplug).
        if (!hasCode(error, 'ENOENT')) throw error;
      }
    }
  };
  walk(top);
  return devices;
}

function deviceNode(path: string): ContainerDevice {
  const stat = statSync(path);
  const { rdev, mode, uid, gid } = stat;
  // The kernel's 64-bit dev_t: makedev(3).
  const major = (rdev >>> 8) & 0xfff;
  const minor = (rdev & 0xff) | ((rdev >>> 12) & 0xfff00);
  const type = stat.isBlockDevice() ? 'b' : 'c';
  return { device: { path, type, major, minor, fileMode: mode & 0o7777, uid, gid }, access: 'rwm' };
}
