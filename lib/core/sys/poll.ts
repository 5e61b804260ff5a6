/** Waiting for descriptors on this thread. */
import { address, check, syscall } from './libc.ts';
import { NR } from './numbers.ts';

export const POLLIN = 1;
export const POLLOUT = 4;
export const POLLHUP = 0x10;

/**
 * ppoll(2): waits until one descriptor has one of the events (or an error, or its other end hung up).
 * @param timeout milliseconds; negative waits for ever
 * @returns the events of each descriptor (0: nothing yet)
 */
export function poll(fds: readonly { fd: number; events: number }[], timeout: number): number[] {
  const buffer = Buffer.alloc(8 * fds.length);
  fds.forEach(({ fd, events }, i) => {
    buffer.writeInt32LE(fd, 8 * i);
    buffer.writeInt16LE(events, 8 * i + 4);
  });
  const time = new BigInt64Array([
    BigInt(Math.floor(timeout / 1000)),
    BigInt(Math.floor((timeout % 1000) * 1e6)),
  ]);
  const result = syscall(NR.ppoll, address(buffer), fds.length, timeout < 0 ? 0 : address(time), 0, 0);
  if (result !== -4) check(result, 'poll');
  return fds.map((_, i) => (result > 0 ? buffer.readInt16LE(8 * i + 6) : 0));
}
