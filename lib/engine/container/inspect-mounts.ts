/** A container's mounts in the words of Docker's API: Mounts, and the members of HostConfig that asked for them. */
import type { ContainerConfig, ContainerMount } from '../../storage/containers.ts';
import { PROPAGATION, wordValue } from './mount-request.ts';

type Mounts = Pick<ContainerConfig, 'mounts'>;

/** The document's Mounts. `--tmpfs` is in HostConfig alone, as Docker has it. */
export function inspectMounts({ mounts }: Mounts) {
  return mounts.filter(({ type, origin }) => type !== 'tmpfs' || origin === 'mount').map(inspectMount);
}

function inspectMount(mount: ContainerMount) {
  const { type, source, destination, options, volume, driver = 'local' } = mount;
  return {
    Type: type,
    ...(volume !== undefined && { Name: volume }),
    Source: type === 'bind' || type === 'volume' || type === 'image' ? source : '',
    Destination: destination,
    ...(type === 'volume' && { Driver: driver }),
    Mode: mode(mount),
    RW: type === 'image' ? options.includes('rw') : !options.includes('ro'),
    Propagation: type === 'bind' ? (options.find((word) => PROPAGATION.test(word)) ?? 'rprivate') : '',
    ...(wordValue(options, 'subpath') !== undefined && { SubPath: wordValue(options, 'subpath') }),
    Options: options,
  };
}

/** What `-v` had behind the second colon; Docker marks a named volume without anything there as shared. */
function mode(mount: ContainerMount): string {
  const { options, origin, type } = mount;
  const text = origin === 'mount' || type === 'tmpfs' ? '' : options.join(',');
  return text === '' && type === 'volume' && !isAnonymous(mount) ? 'z' : text;
}

/** HostConfig.Binds: what `-v` asked for by a source. */
export function bindTexts({ mounts }: Mounts): string[] {
  return mounts
    .filter((mount) => isVolumeOption(mount) && !isAnonymous(mount))
    .map(({ volume, source, destination, options }) =>
      [volume ?? source, destination, ...(options.length > 0 ? [options.join(',')] : [])].join(':'),
    );
}

/** Config.Volumes: the image's, and those of `-v PATH`. */
export function anonymousVolumes({ mounts }: Mounts): Record<string, object> | null {
  const anonymous = mounts.filter(
    (mount) => isAnonymous(mount) && (mount.origin === 'image' || isVolumeOption(mount)),
  );
  if (anonymous.length === 0) return null;
  return Object.fromEntries(anonymous.map(({ destination }) => [destination, {}]));
}

/** HostConfig.Tmpfs. */
export function tmpfsOptions({ mounts }: Mounts): Record<string, string> {
  return Object.fromEntries(
    mounts
      .filter(({ type, origin }) => type === 'tmpfs' && origin !== 'mount')
      .map(({ destination, options }) => [destination, options.join(',')]),
  );
}

/** HostConfig.Mounts: what `--mount` asked for; Docker leaves the member out when there is nothing. */
export function mountSpecs({ mounts }: Mounts): { Mounts?: object[] } {
  const asked = mounts.filter(({ origin }) => origin === 'mount');
  return asked.length === 0 ? {} : { Mounts: asked.map(mountSpec) };
}

function mountSpec(mount: ContainerMount) {
  const { type, source, destination, options, volume } = mount;
  const name = isAnonymous(mount) ? undefined : (volume ?? source);
  return {
    Type: type,
    ...(type !== 'tmpfs' && name !== undefined && { Source: name }),
    Target: destination,
    ...(options.includes('ro') && { ReadOnly: true }),
    ...typeOptions(mount),
  };
}

/** BindOptions, VolumeOptions or TmpfsOptions; left out when all is as by default. */
function typeOptions({ type, options }: ContainerMount): object {
  const subpath = wordValue(options, 'subpath');
  if (type === 'bind') {
    const propagation = options.find((word) => PROPAGATION.test(word));
    const bind = {
      ...(propagation !== undefined && { Propagation: propagation }),
      ...(options.includes('bind') && { NonRecursive: true }),
    };
    return Object.keys(bind).length === 0 ? {} : { BindOptions: bind };
  }
  if (type === 'volume' && (options.includes('nocopy') || subpath !== undefined)) {
    const nocopy = options.includes('nocopy') && { NoCopy: true };
    return { VolumeOptions: { ...nocopy, ...(subpath && { Subpath: subpath }), DriverConfig: {} } };
  }
  if (type === 'tmpfs') {
    const size = wordValue(options, 'size');
    const mode = wordValue(options, 'mode');
    const tmpfs = {
      ...(size !== undefined && { SizeBytes: Number(size) || 0 }),
      ...(mode !== undefined && { Mode: Number.parseInt(mode, 8) }),
    };
    return Object.keys(tmpfs).length === 0 ? {} : { TmpfsOptions: tmpfs };
  }
  return {};
}

/** Their names have 64 hex digits. */
function isAnonymous({ volume }: ContainerMount): boolean {
  return volume !== undefined && /^[0-9a-f]{64}$/.test(volume);
}

/** Records of before the options were told apart know no others. */
function isVolumeOption({ type, origin }: ContainerMount): boolean {
  return origin === 'volume' || (origin === undefined && type !== 'tmpfs');
}
