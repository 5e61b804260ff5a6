/**
 * Mounting a container's root: its layers below, its own folder above (Documentation/filesystems/overlayfs.rst).
 *
 * The new mount API adds one lower layer a call (`lowerdir+`, Linux 6.5), so neither their number nor the length of
 * their paths meets the page that mount(2) allows for options. Older kernels get mount(2) with the layers named
 * through /proc/self/fd, which keeps the text short.
 */
import { readFileSync } from 'node:fs';
import { ProaError } from '../core/error.ts';
import { close, O, open } from '../core/sys/file.ts';
import { sysError } from '../core/sys/libc.ts';
import { FileSystemContext, MNT_DETACH, tryMount, tryUnmount } from '../core/sys/mount.ts';

export interface OverlayMount {
  /** Topmost first. */
  lower: readonly string[];
  /** Left out for a read-only view of the layers alone. */
  upper?: { dir: string; work: string };
  target: string;
  /** Overlay's marks are `user.overlay.*` (inside a user namespace). */
  userxattr: boolean;
  /** The SELinux label of all that it shows. */
  context?: string | undefined;
}

export function mountOverlay(mount: OverlayMount): void {
  const byContext = takesOptionsOneByOne() ? mountByContext(mount) : null;
  const result = byContext === null ? mountByOptions(mount) : byContext;
  if (result === undefined) return;
  throw new ProaError(result.code, `mount overlay on ${mount.target}: ${result.message}`, {
    hint: result.hint,
  });
}

/** Unmounts; nothing mounted is fine. A busy mount is detached and goes with its last user. */
export function unmountOverlay(target: string): void {
  for (;;) {
    const result = tryUnmount(target, MNT_DETACH);
    if (result === 0) continue; // there may be another mount below, left by a crash between mount and record
    if (result === -22 || result === -2) return; // EINVAL: no mount point (any more); ENOENT: no such folder
    throw sysError(-result, 'unmount', target);
  }
}

interface Failure {
  code: string;
  message: string;
  hint?: string;
}

/**
 * Before Linux 6.5 overlay keeps the options for later, and then says in the kernel's log, on every mount, that it does not
 * know one. (From then on it says so at once, and quietly.)
 */
function takesOptionsOneByOne(): boolean {
  const [major = 0, minor = 0] = readFileSync('/proc/sys/kernel/osrelease', 'latin1')
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  return major > 6 || (major === 6 && minor >= 5);
}

/** Undefined after success; null when this kernel cannot mount that way. */
function mountByContext(mount: OverlayMount): Failure | undefined | null {
  const context = FileSystemContext.open('overlay');
  if (typeof context === 'number') {
    if (context === -38) return null;
    return failure(context, '');
  }
  using fs = context;
  const paths = mount.upper === undefined ? [] : [mount.upper.dir, mount.upper.work];
  // An option's value is at most 255 bytes; such a path goes the other way.
  if ([...mount.lower, ...paths].some((path) => Buffer.byteLength(path) > 255)) return null;
  for (const [i, lower] of mount.lower.entries()) {
    const result = fs.set('lowerdir+', lower);
    if (result === -22 && i === 0) return null;
    if (result < 0) return failure(result, fs.message());
  }
  // What mount(8) and df(1) show as the device.
  const named: [string, string?][] = [['source', 'overlay'], ...options(mount)];
  for (const [key, value] of named) {
    const result = fs.set(key, value);
    if (result < 0) return failure(result, fs.message());
  }
  const result = fs.mountAt(mount.target);
  return result < 0 ? failure(result, fs.message()) : undefined;
}

function options(mount: OverlayMount): [string, string?][] {
  const list: [string, string?][] = [];
  if (mount.upper !== undefined) list.push(['upperdir', mount.upper.dir], ['workdir', mount.upper.work]);
  // A renamed folder's files must be in the upper folder, where diff and commit find them; some kernels are built to
  // leave them below, and to note only where. (It also keeps them from leaving a changed file's content below.)
  if (mount.upper !== undefined && !mount.userxattr) list.push(['redirect_dir', 'off']);
  if (mount.userxattr) list.push(['userxattr']);
  if (mount.context !== undefined) list.push(['context', mount.context]);
  return list;
}

function mountByOptions(mount: OverlayMount): Failure | undefined {
  const fds: number[] = [];
  const short = (path: string): string => {
    const fd = open(path, O.PATH | O.DIRECTORY);
    fds.push(fd);
    return `/proc/self/fd/${fd}`;
  };
  try {
    const text = [`lowerdir=${mount.lower.map(short).join(':')}`];
    for (const [key, value] of options(mount))
      text.push(value === undefined ? key : `${key}=${value.startsWith('/') ? short(value) : quoted(value)}`);
    const result = tryMount('overlay', mount.target, 'overlay', 0, text.join(','));
    return result < 0 ? failure(result, '') : undefined;
  } finally {
    for (const fd of fds) close(fd);
  }
}

/** A label has commas, which part options here (selinux(8), "context"). */
function quoted(value: string): string {
  return value.includes(',') ? `"${value}"` : value;
}

function failure(result: number, kernel: string): Failure {
  const error = sysError(-result, 'overlay');
  const why =
    kernel === '' ? error.message.slice('overlay: '.length) : kernel.replace(/^[ewi] (overlay: )?/, '');
  const hint =
    error.code === 'ENODEV'
      ? 'Load the kernel module: modprobe overlay'
      : error.code === 'EPERM'
        ? 'This kernel does not let users mount overlay (it needs Linux 5.13)'
        : undefined;
  return { code: error.code, message: why, hint };
}
