/** Reading a descriptor from its start to its end, one chunk after the other on this thread. */
import { tryRead } from './sys/file.ts';
import { sysError } from './sys/libc.ts';
import { POLLIN, poll } from './sys/poll.ts';

const CHUNK = 1 << 20;
const EAGAIN = -11;

/** Yields what comes in, in one buffer that is valid until the next chunk is asked for. */
export function* readDescriptor(fd: number): Generator<Uint8Array, void, undefined> {
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  for (;;) {
    const n = tryRead(fd, buffer);
    if (n === 0) return;
    if (n > 0) yield buffer.subarray(0, n);
    else if (n === EAGAIN) poll([{ fd, events: POLLIN }], -1);
    else throw sysError(-n, 'read input');
  }
}
