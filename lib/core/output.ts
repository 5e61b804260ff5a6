/** Writing to the descriptors that a person or a pipe gave us, binary-safe and without stopping the event loop. */
import { fstatSync, write } from 'node:fs';
import { hasCode, OUTPUT_CLOSED, ProaError } from './error.ts';
import { tryWrite, tryWriteAll } from './sys/file.ts';
import { sysError } from './sys/libc.ts';
import { POLLOUT, poll } from './sys/poll.ts';

/** POSIX: a pipe that polls writable takes at least PIPE_BUF bytes without blocking. */
const PIPE_BUF = 4096;
const EAGAIN = -11;
const EPIPE = -32;

/** What a shell reports for a program that wrote into a closed pipe: 128 + SIGPIPE. */
const SIGPIPE_EXIT = 141;

/**
 * A writer for one descriptor. Writing happens at once while the other end keeps up, which costs one system call;
 * when it does not, the rest waits in a pool thread, and the caller should stop producing until the promise is done.
 */
export class FdWriter {
  private readonly blocking: boolean;
  private pending: Promise<void> | undefined;

  constructor(readonly fd: number) {
    const stat = fstatSync(fd);
    // Files never block for long; pipes, sockets and terminals may, for as long as their reader likes.
    this.blocking = !stat.isFile();
  }

  /**
   * @returns undefined when everything is written; otherwise a promise for that
   * @throws ProaError {@link OUTPUT_CLOSED}, ENOSPC, …
   */
  write(data: Uint8Array): Promise<void> | undefined {
    if (this.pending !== undefined) return this.queue(data, 0);
    let offset = 0;
    while (offset < data.length) {
      if (this.blocking && (poll([{ fd: this.fd, events: POLLOUT }], 0)[0]! & POLLOUT) === 0) {
        return this.queue(data, offset);
      }
      const end = this.blocking ? Math.min(data.length, offset + PIPE_BUF) : data.length;
      const result = tryWriteAll(this.fd, data, offset, end);
      if (result === EAGAIN) return this.queue(data, offset); // the descriptor itself does not block
      if (result === EPIPE) throw outputClosed();
      if (result < 0) throw sysError(-result, 'write output');
      offset = end;
    }
    return undefined;
  }

  private queue(data: Uint8Array, offset: number): Promise<void> {
    // The caller may reuse its buffer as soon as we return.
    const rest = Buffer.from(data.subarray(offset));
    const before = this.pending ?? Promise.resolve();
    const mine = before.then(() => this.writeInPool(rest));
    this.pending = mine;
    const settle = (): void => {
      if (this.pending === mine) this.pending = undefined;
    };
    mine.then(settle, settle);
    return mine;
  }

  private async writeInPool(data: Uint8Array): Promise<void> {
    let offset = 0;
    while (offset < data.length) {
      try {
        offset += await writeOnce(this.fd, data, offset);
      } catch (error) {
        if (hasCode(error, 'EPIPE')) throw outputClosed();
        if (!hasCode(error, 'EAGAIN')) throw error;
        await Bun.sleep(1);
      }
    }
  }
}

/**
 * Writes all of it, waiting on this thread while the other end does not read: for commands that do nothing but pass
 * bytes on, this is several times as fast as not blocking.
 * @throws ProaError {@link OUTPUT_CLOSED}, ENOSPC, …
 */
export function writeWaiting(fd: number, data: Uint8Array): void {
  for (let offset = 0; offset < data.length; ) {
    const written = tryWrite(fd, data, offset, data.length);
    if (written === EPIPE) throw outputClosed();
    if (written === EAGAIN) poll([{ fd, events: POLLOUT }], -1);
    else if (written < 0) throw sysError(-written, 'write output');
    else offset += written;
  }
}

function outputClosed(): ProaError {
  return new ProaError(OUTPUT_CLOSED, 'write output: nobody reads it', { exitCode: SIGPIPE_EXIT });
}

function writeOnce(fd: number, data: Uint8Array, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, data, offset, data.length - offset, (error, written) =>
      error ? reject(error) : resolve(written),
    );
  });
}
