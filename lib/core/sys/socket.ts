/** Sockets that Node's net cannot make: SOCK_SEQPACKET for conmon, AF_NETLINK for the kernel. All calls block. */
import { AT_FDCWD, close, O, tryOpenAt } from './file.ts';
import { address, check, syscall } from './libc.ts';
import { NR } from './numbers.ts';

const AF_UNIX = 1;
const AF_NETLINK = 16;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOCK_SEQPACKET = 5;
const SOCK_CLOEXEC = 0o2000000;
/** sizeof(sockaddr_un.sun_path), with its NUL (unix(7)). */
export const UNIX_PATH_MAX = 108;

function unixAddress(file: string): Buffer {
  const bytes = Buffer.from(file);
  const buffer = Buffer.alloc(2 + bytes.length + 1);
  buffer.writeUInt16LE(AF_UNIX, 0);
  bytes.copy(buffer, 2);
  return buffer;
}

/** Connects to a SOCK_SEQPACKET unix socket, however long its path is. Returns the descriptor or -errno. */
export function tryConnectSeqpacket(file: string): number {
  const fd = check(syscall(NR.socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), 'create socket');
  // The address holds 107 bytes; through its open folder every path is short.
  const slash = file.lastIndexOf('/');
  const long = Buffer.byteLength(file) >= UNIX_PATH_MAX;
  const folder = long ? tryOpenAt(AT_FDCWD, file.slice(0, slash), O.PATH | O.DIRECTORY) : -1;
  const to = unixAddress(folder < 0 ? file : `/proc/self/fd/${folder}${file.slice(slash)}`);
  const result = syscall(NR.connect, fd, address(to), to.length);
  if (folder >= 0) close(folder);
  if (result >= 0) return fd;
  syscall(NR.close, fd);
  return result;
}

/** Sends one datagram to a unix socket (sd_notify(3)); an address that starts with `@` is abstract. Returns -errno. */
export function trySendDatagram(file: string, data: Uint8Array): number {
  const fd = check(syscall(NR.socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), 'create socket');
  const to = unixAddress(file);
  if (file.startsWith('@')) to[2] = 0;
  const length = file.startsWith('@') ? to.length - 1 : to.length;
  const result = syscall(NR.sendto, fd, address(data), data.length, 0, address(to), length);
  syscall(NR.close, fd);
  return result;
}

/** A netlink socket of `family` (0: NETLINK_ROUTE), in the calling thread's network namespace. */
export function openNetlink(family: number): number {
  const fd = check(syscall(NR.socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family), 'create netlink socket');
  const to = Buffer.alloc(12);
  to.writeUInt16LE(AF_NETLINK, 0);
  check(syscall(NR.bind, fd, address(to), to.length), 'bind netlink socket');
  return fd;
}

/** send(2): bytes sent or -errno. */
export function trySend(fd: number, data: Uint8Array): number {
  return syscall(NR.sendto, fd, address(data), data.length, 0x4000 /* MSG_NOSIGNAL */, 0, 0);
}

/** recv(2): bytes received or -errno. */
export function tryReceive(fd: number, buffer: Uint8Array, flags = 0): number {
  for (;;) {
    const n = syscall(NR.recvfrom, fd, address(buffer), buffer.length, flags, 0, 0);
    if (n !== -4) return n;
  }
}

/** shutdown(2): 0 no more reading, 1 no more writing, 2 both. */
export function tryShutdown(fd: number, how: 0 | 1 | 2): number {
  return syscall(NR.shutdown, fd, how);
}
