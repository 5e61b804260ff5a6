/**
 * `logs`: what a container printed, and with `follow` what it prints until it ends.
 *
 * A follower learns of new records from inotify on the container's folder, where the log is appended to and where the
 * state is replaced at its end; a slow timer serves file systems that have no such events. A log that is rotated (a new
 * file under the old name) is read to its end before the new one begins, so no line is lost.
 */
import { type FSWatcher, fstatSync, statSync, watch } from 'node:fs';
import { hasCode } from '../../core/error.ts';
import { isAlive } from '../../core/process-handle.ts';
import { containerPath, exitFilePath, logPath, readContainer } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import { LogReader, tailOffset } from './k8s-log.ts';
import { isRunning } from './state.ts';

export interface LogRequest {
  follow?: boolean;
  /** Nanoseconds since 1970: records before are left out. */
  since?: bigint;
  /** Nanoseconds since 1970: ends with the first record after. */
  until?: bigint;
  /** So many lines from the end; all when left out. */
  tail?: number;
}

export interface LogSink {
  /** The reader stands at a record; its bytes are valid during the call. A promise stops the flow until it is done. */
  record(reader: LogReader): Promise<void> | undefined;
  /** Nothing more is there at the moment. */
  pause(): Promise<void> | undefined;
}

/** Milliseconds between looks where no event comes. */
const PATIENCE = 1000;

/**
 * Passes a container's log on. `id` is a full id; a container that never started has no records.
 * @throws ProaError CORRUPT_LOG; what the sink throws
 */
export async function readLog(store: Store, id: string, request: LogRequest, sink: LogSink): Promise<void> {
  using changes = request.follow ? new Changes(containerPath(store, id)) : undefined;
  const first = openLog(store, id);
  if (first === undefined) return;
  let reader: LogReader = first;
  try {
    if (request.tail !== undefined) reader.seek(tailOffset(reader.fd, request.tail));
    const bounds = timeBounds(request);
    for (;;) {
      // Asked before the last look into the file: what was written before the end is in it by then.
      const over = changes === undefined || hasEnded(store, id) || isPast(request.until);
      if (!(await drain(reader, bounds, sink))) return;
      const next: LogReader | undefined = changes === undefined ? undefined : openRotated(store, id, reader);
      if (next !== undefined) {
        // Between the look and the rotation conmon may have written more to the old file.
        if (!(await drain(reader, bounds, sink))) return;
        reader[Symbol.dispose]();
        reader = next;
        continue;
      }
      if (over) return;
      await changes!.wait();
    }
  } finally {
    reader[Symbol.dispose]();
    await sink.pause();
  }
}

interface Bounds {
  since: [seconds: number, nanoseconds: number] | undefined;
  until: [seconds: number, nanoseconds: number] | undefined;
}

function timeBounds({ since, until }: LogRequest): Bounds {
  const split = (time: bigint | undefined): Bounds['since'] => {
    if (time === undefined) return undefined;
    const nanoseconds = ((time % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
    return [Number((time - nanoseconds) / 1_000_000_000n), Number(nanoseconds)];
  };
  return { since: split(since), until: split(until) };
}

/** Passes on all that the file has. False when a record is past `until`. */
async function drain(reader: LogReader, { since, until }: Bounds, sink: LogSink): Promise<boolean> {
  if (reader.wasTruncated) reader.seek(0);
  while (reader.fill()) {
    while (reader.next()) {
      if (since !== undefined && reader.compareTime(...since) < 0) continue;
      if (until !== undefined && reader.compareTime(...until) > 0) return false;
      const busy = sink.record(reader);
      if (busy !== undefined) await busy;
    }
  }
  await sink.pause();
  return true;
}

function isPast(until: bigint | undefined): boolean {
  return until !== undefined && BigInt(Date.now()) * 1_000_000n > until;
}

function openLog(store: Store, id: string): LogReader | undefined {
  try {
    return new LogReader(logPath(store, id));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** The log's new file, when the name leads to another one than the reader's. */
function openRotated(store: Store, id: string, reader: LogReader): LogReader | undefined {
  const now = statSync(reader.path, { throwIfNoEntry: false });
  const mine = fstatSync(reader.fd);
  if (now === undefined || (now.ino === mine.ino && now.dev === mine.dev)) return undefined;
  return openLog(store, id);
}

/** True when nothing more will be written: the run was cleaned up, or conmon wrote its last, or is gone. */
function hasEnded(store: Store, id: string): boolean {
  const container = readContainer(store, id);
  if (container === undefined) return true;
  const { state } = container;
  if (state.status !== 'running' && state.status !== 'paused') return true;
  if (isRunning(state)) return false;
  // conmon empties the container's pipes into the log before it writes the exit file.
  const exit = statSync(exitFilePath(store, id), { throwIfNoEntry: false });
  return (exit !== undefined && exit.size > 0) || !isAlive(state.conmon);
}

/** Tells of changes in a folder, whether they happen while someone waits or before. */
class Changes implements Disposable {
  private readonly watcher: FSWatcher | undefined;
  private changed = false;
  private wake: (() => void) | undefined;

  constructor(folder: string) {
    try {
      this.watcher = watch(folder, () => {
        this.changed = true;
        this.wake?.();
      });
      // The folder goes when the container is removed; the timer then sees that there is nothing more.
      this.watcher.on('error', () => this.wake?.());
    } catch {
      // No inotify instance left for this user (fs.inotify.max_user_instances): the timer has to do.
    }
  }

  async wait(): Promise<void> {
    if (!this.changed) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, PATIENCE);
      this.wake = resolve;
      await promise;
      clearTimeout(timer);
    }
    this.wake = undefined;
    this.changed = false;
  }

  [Symbol.dispose](): void {
    this.watcher?.close();
  }
}
