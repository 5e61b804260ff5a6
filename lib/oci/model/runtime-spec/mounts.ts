/** The file systems of a container: those that every Linux program expects, and the user's over them. */
import type { NamespaceChoices } from './namespaces.ts';
import type { Mount } from './types.ts';

export interface MountInput {
  /** The user's mounts: each replaces the default mount at its destination. */
  mounts: readonly Mount[];
  namespaces: Required<NamespaceChoices>;
  privileged: boolean;
  /** The runtime starts in a user namespace, or makes one: some file systems are then out of reach. */
  userNamespace: boolean;
  /** How many group ids from 0 on exist in the container; devpts wants gid 5, `tty`. */
  groupIds: number;
  /** Bytes of /dev/shm, the folder that it shares with another container, or none at all. */
  shm?: number | { source: string } | 'none' | undefined;
  procOptions?: readonly string[] | undefined;
  /** Host folders that are not there and so cannot be shown with a shared IPC namespace: /dev/shm, /dev/mqueue. */
  absent?: ReadonlySet<string> | undefined;
}

/** Docker's and Podman's size of /dev/shm. */
export const DEFAULT_SHM_SIZE = 64 * 1024 * 1024;

/** Gid of `tty`, the owner of terminals in every distribution (devpts(5)). */
const TTY_GID = 5;

/** All mounts, parents before children. */
export function makeMounts(input: MountInput): Mount[] {
  const taken = new Set(input.mounts.map((mount) => mount.destination));
  const ownDev = taken.has('/dev');
  const defaults = defaultMounts(input).filter(
    ({ destination, type }) =>
      !taken.has(destination) &&
      !(ownDev && destination.startsWith('/dev/')) &&
      !(type === 'bind' && input.absent?.has(destination)),
  );
  // Array.sort is stable, so mounts of one depth keep their order.
  return [...defaults, ...input.mounts].sort((a, b) => depth(a.destination) - depth(b.destination));
}

function depth(path: string): number {
  return path.split('/').length;
}

function defaultMounts(input: MountInput): Mount[] {
  const { namespaces, privileged, userNamespace } = input;
  return [
    procMount(input),
    special('/dev', 'tmpfs', ['nosuid', 'noexec', 'strictatime', 'mode=755', 'size=65536k']),
    special('/dev/pts', 'devpts', [
      'nosuid',
      'noexec',
      'newinstance',
      'ptmxmode=0666',
      'mode=0620',
      ...(input.groupIds > TTY_GID ? [`gid=${TTY_GID}`] : []),
    ]),
    ...shmMount(input),
    mqueueMount(input),
    ...sysMounts(userNamespace && namespaces.network === 'host', privileged),
  ];
}

/** A new proc needs a pid namespace that belongs to the mounter's user namespace: user_namespaces(7). */
function procMount({ userNamespace, namespaces, procOptions = [] }: MountInput): Mount {
  if (userNamespace && namespaces.pid === 'host') return fromHost('/proc');
  return special('/proc', 'proc', ['nosuid', 'noexec', 'nodev', ...procOptions]);
}

function shmMount({ namespaces, shm = DEFAULT_SHM_SIZE }: MountInput): Mount[] {
  if (shm === 'none') return [];
  if (typeof shm === 'object') {
    const options = ['bind', 'rprivate', 'nosuid', 'noexec', 'nodev'];
    return [{ destination: '/dev/shm', type: 'bind', source: shm.source, options }];
  }
  if (namespaces.ipc === 'host') return [fromHost('/dev/shm')];
  return [special('/dev/shm', 'tmpfs', shmOptions(shm))];
}

/** The options of a tmpfs(5) for /dev/shm. */
export function shmOptions(size: number): string[] {
  return ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${size}`];
}

/** A new mqueue needs an IPC namespace that belongs to the mounter's user namespace: user_namespaces(7). */
function mqueueMount({ userNamespace, namespaces }: MountInput): Mount {
  if (userNamespace && namespaces.ipc === 'host') return fromHost('/dev/mqueue');
  return special('/dev/mqueue', 'mqueue', ['nosuid', 'noexec', 'nodev']);
}

/** A new sysfs needs a network namespace that belongs to the mounter's user namespace; else the host's is shown. */
function sysMounts(ofHost: boolean, privileged: boolean): Mount[] {
  const access = privileged ? 'rw' : 'ro';
  if (ofHost) return [fromHost('/sys', access)];
  return [
    special('/sys', 'sysfs', ['nosuid', 'noexec', 'nodev', access]),
    special('/sys/fs/cgroup', 'cgroup', ['nosuid', 'noexec', 'nodev', 'relatime', access]),
  ];
}

function special(destination: string, type: string, options: string[]): Mount {
  return { destination, type, source: type, options };
}

function fromHost(path: string, access = 'rw'): Mount {
  const options = ['rbind', 'rprivate', 'nosuid', 'noexec', 'nodev', access];
  return { destination: path, type: 'bind', source: path, options };
}
