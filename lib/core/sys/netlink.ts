/** Netlink sockets with the options that make errors readable (netlink(7)). */
import { close } from './file.ts';
import { address, check, syscall } from './libc.ts';
import { NR } from './numbers.ts';
import { openNetlink } from './socket.ts';

/** Socket families of netlink(7). */
export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SOL_NETLINK = 270;
/** The kernel's answer to a request does not repeat the request. */
const NETLINK_CAP_ACK = 10;
/** The kernel's answer says in words what was wrong. */
const NETLINK_EXT_ACK = 11;

/** The kernel answers at once; only a bug of ours could leave us waiting, and then an error is better than a hang. */
const RECEIVE_TIMEOUT_SECONDS = 10n;

/** A netlink socket of the calling thread's network namespace, with short and worded acknowledgements. */
export function openWordedNetlink(family: number): number {
  const fd = openNetlink(family);
  try {
    const on = new Int32Array([1]);
    check(syscall(NR.setsockopt, fd, SOL_NETLINK, NETLINK_CAP_ACK, address(on), 4), 'set netlink option');
    check(syscall(NR.setsockopt, fd, SOL_NETLINK, NETLINK_EXT_ACK, address(on), 4), 'set netlink option');
    const timeout = new BigInt64Array([RECEIVE_TIMEOUT_SECONDS, 0n]);
    check(syscall(NR.setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, address(timeout), 16), 'set socket timeout');
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}
