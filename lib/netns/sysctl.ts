/** Kernel settings under /proc/sys/net. They belong to the network namespace that the thread is in. */
import { AT_FDCWD, close, O, open, tryOpenAt, tryRead, writeAll } from '../core/sys/file.ts';
import { check } from '../core/sys/libc.ts';

/** @param name `ipv4/ip_forward`; undefined when the kernel has no such setting */
export function readSysctl(name: string): string | undefined {
  const fd = tryOpenAt(AT_FDCWD, file(name), O.RDONLY);
  if (fd === -2) return undefined;
  check(fd, 'open', file(name));
  try {
    const buffer = Buffer.alloc(256);
    return buffer.toString('latin1', 0, check(tryRead(fd, buffer), 'read', file(name))).trim();
  } finally {
    close(fd);
  }
}

export function writeSysctl(name: string, value: string): void {
  const fd = open(file(name), O.WRONLY);
  try {
    writeAll(fd, Buffer.from(value), file(name));
  } finally {
    close(fd);
  }
}

/** Writes only what differs: /proc/sys may be read-only, as in a container, and right already. */
export function ensureSysctl(name: string, value: string): void {
  if (readSysctl(name) !== value) writeSysctl(name, value);
}

function file(name: string): string {
  return `/proc/sys/net/${name}`;
}
