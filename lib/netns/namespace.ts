/**
 * Network namespaces without a process: pinned by a bind mount of the namespace on a file, as ip-netns(8) does. So a
 * namespace is wired up before, and outlives, the container's processes.
 */
import { hasCode, ProaError } from '../core/error.ts';
import { findProgram } from '../core/programs.ts';
import { AT_FDCWD, close, O, open, tryUnlinkAt } from '../core/sys/file.ts';
import { check } from '../core/sys/libc.ts';
import { MNT_DETACH, MS, mount, tryUnmount } from '../core/sys/mount.ts';
import { NETLINK_ROUTE } from '../core/sys/netlink.ts';
import { CLONE, inNetworkNamespace, setns } from '../core/sys/process.ts';
import { ensureFolder } from './folder.ts';
import { linkUpMessage } from './links.ts';
import { NetlinkSocket } from './netlink.ts';
import { writeSysctl } from './sysctl.ts';

/** The kernel makes `lo` first in every namespace. */
const LOOPBACK_INDEX = 1;

/**
 * Makes a network namespace and pins it at `path` (namespacePath of the store). `lo` is up in it. What a crash left at `path` is
 * removed first: nobody else may use the path, which the caller guarantees by holding its container's lock.
 * @throws ProaError EPERM without CAP_SYS_ADMIN
 */
export function createNamespace(path: string): void {
  removeNamespace(path);
  ensureFolder(path.slice(0, path.lastIndexOf('/')));
  close(open(path, O.RDONLY | O.CREAT | O.EXCL, 0o444));
  try {
    if (canComeBack()) createHere(path);
    else createByHelper(path);
  } catch (error) {
    removeNamespace(path);
    throw error;
  }
}

function createHere(path: string): void {
  inNetworkNamespace('new', () => {
    using socket = NetlinkSocket.open(NETLINK_ROUTE);
    socket.run('bring up loopback', [linkUpMessage(LOOPBACK_INDEX)]);
    // Interfaces to come announce themselves: an address that is used again with another MAC is found at once.
    writeSysctl('ipv4/conf/default/arp_notify', '1');
    mount('/proc/thread-self/ns/net', path, '', MS.BIND);
  });
}

/**
 * In a user's own user namespace: this thread could leave the host's network namespace, but coming back takes
 * CAP_SYS_ADMIN over the host's (setns(2)). unshare(1) does it in a child.
 */
function createByHelper(path: string): void {
  runHelper(path, [findProgram('unshare'), `--net=${path}`, findProgram('ip'), 'link', 'set', 'lo', 'up']);
}

function runHelper(path: string, command: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(command, { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' });
  if (exitCode !== 0) {
    const words = stderr.toString().trim().split('\n').at(-1);
    throw new ProaError(
      'NAMESPACE_FAILED',
      `create network namespace ${path}: ${words || `exit status ${exitCode}`}`,
    );
  }
}

/** Joining the namespace that the thread is in already changes nothing, and takes the permission to come back to it. */
function canComeBack(): boolean {
  const home = open('/proc/thread-self/ns/net', O.RDONLY);
  try {
    setns(home, CLONE.NEWNET);
    return true;
  } catch (error) {
    if (hasCode(error, 'EPERM')) return false;
    throw error;
  } finally {
    close(home);
  }
}

/** Notes beside a namespace that somebody besides its owner is in it, see {@link wasJoined}. */
export function markJoined(path: string): void {
  close(open(joinedMark(path), O.WRONLY | O.CREAT, 0o600));
}

/** Takes the note away. @returns whether there was one: then the namespace may outlive its owner */
export function wasJoined(path: string): boolean {
  return tryUnlinkAt(AT_FDCWD, joinedMark(path)) === 0;
}

function joinedMark(path: string): string {
  return `${path}.joined`;
}

/** Pins a namespace that exists, in the same way. `lo` is brought up in it. */
export function pinNamespace(path: string, source: string): void {
  removeNamespace(path);
  ensureFolder(path.slice(0, path.lastIndexOf('/')));
  close(open(path, O.RDONLY | O.CREAT | O.EXCL, 0o444));
  try {
    mount(source, path, '', MS.BIND);
    if (canComeBack()) {
      inNetworkNamespace(path, () => {
        using socket = NetlinkSocket.open(NETLINK_ROUTE);
        socket.run('bring up loopback', [linkUpMessage(LOOPBACK_INDEX)]);
      });
    } else {
      runHelper(path, [
        findProgram('nsenter'),
        `--net=${path}`,
        findProgram('ip'),
        'link',
        'set',
        'lo',
        'up',
      ]);
    }
  } catch (error) {
    removeNamespace(path);
    throw error;
  }
}

/**
 * Lets go of a namespace; absent is fine. The kernel destroys it, and the veth pairs that end in it, when its last
 * process and descriptor are gone, which takes it some milliseconds more.
 */
export function removeNamespace(path: string): void {
  const unmounted = tryUnmount(path, MNT_DETACH);
  const ENOENT = -2;
  const EINVAL = -22; // nothing is mounted there
  if (unmounted !== ENOENT && unmounted !== EINVAL) check(unmounted, 'unmount', path);
  const removed = tryUnlinkAt(AT_FDCWD, path);
  if (removed !== ENOENT) check(removed, 'remove', path);
}
