/** Asking the kernel whether a port is free: by binding it, and letting go at once. */
import { close } from './file.ts';
import { address, check, syscall } from './libc.ts';
import { NR } from './numbers.ts';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const IPPROTO_SCTP = 132;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;

export type InetProtocol = 'tcp' | 'udp' | 'sctp';

/**
 * bind(2) of one port in the calling thread's network namespace, undone at once.
 * @param ip 4 or 16 bytes; an IPv6 socket is for IPv6 alone (IPV6_V6ONLY)
 * @returns 0 when it could be bound, else -errno (-98 EADDRINUSE, -13 EACCES, -99 EADDRNOTAVAIL; -93
 *   EPROTONOSUPPORT or -97 EAFNOSUPPORT when this kernel does not speak the protocol)
 */
export function tryBindPort(protocol: InetProtocol, ip: Uint8Array, port: number): number {
  const v6 = ip.length === 16;
  const type = (protocol === 'udp' ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC;
  const fd = syscall(NR.socket, v6 ? AF_INET6 : AF_INET, type, protocol === 'sctp' ? IPPROTO_SCTP : 0);
  if (fd < 0) return fd;
  try {
    const on = new Int32Array([1]);
    // Without it a connection that a stopped server left in TIME_WAIT would look like an owner; a listener still does.
    // For UDP it would let two sockets share the port, which is the clash that is looked for.
    if (protocol !== 'udp') {
      check(syscall(NR.setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, address(on), 4), 'set socket option');
    }
    if (v6) check(syscall(NR.setsockopt, fd, IPPROTO_IPV6, IPV6_V6ONLY, address(on), 4), 'set socket option');
    const to = Buffer.alloc(v6 ? 28 : 16);
    to.writeUInt16LE(v6 ? AF_INET6 : AF_INET, 0);
    to.writeUInt16BE(port, 2);
    to.set(ip, v6 ? 8 : 4);
    return syscall(NR.bind, fd, address(to), to.length);
  } finally {
    close(fd);
  }
}
