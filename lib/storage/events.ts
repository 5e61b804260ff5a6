/**
 * RUNROOT/events/{log,log.1}: what happened to containers, images and volumes, a line of JSON an event.
 *
 * Writing an event is one write(2) to the end of `log`, which the kernel does as a whole: writers do not wait for each
 * other. From opening the log to having written, a writer holds the folder's lock shared, and who renames a full `log`
 * to `log.1` holds it exclusively (and only if that is to be had at once): so a log that has got another name is
 * complete, and a follower who reads it to its end before it turns to the new one misses nothing.
 * Readers take no lock. A line that its writer was killed in has no end; the next event then begins in its midst.
 */
import { fstatSync, type Stats, statSync } from 'node:fs';
import { timeOfDay } from '../core/sys/clock.ts';
import {
  AT_FDCWD,
  close,
  O,
  position,
  seekEnd,
  tryMkdirAt,
  tryOpenAt,
  tryRead,
  tryRenameAt2,
  tryWriteAll,
} from '../core/sys/file.ts';
import { LOCK_EX, LOCK_NB, LOCK_SH, tryFlock } from '../core/sys/flock.ts';
import { check } from '../core/sys/libc.ts';
import type { Time } from '../core/sys/stat.ts';
import { span } from '../core/trace.ts';
import type { Store } from './store.ts';

export type EventType = 'container' | 'image' | 'network' | 'system' | 'volume';

/** What happened, in Docker's words (docker-events(1)). */
export interface NewEvent {
  type: EventType;
  /** `create`, `start`, `exec_create: sh`, `health_status: healthy`, … */
  action: string;
  /** The object's id; a volume's name. */
  id: string;
  attributes: Readonly<Record<string, string>>;
}

export interface StoredEvent extends NewEvent {
  time: Time;
}

/** Bytes of `log` from which on it is put aside; with `log.1`, twice as much is kept: some 25,000 events. */
const FULL = 4 << 20;

/** Bytes of a line. What is written by one call of less than a page is never seen in part. */
const LONGEST_LINE = 4095;

/** A line starts so, which no text inside of one can: there the quotes are escaped. */
const START = '{"version":1,"time":[';

/** Bytes that a reader takes at once. */
const CHUNK = 64 << 10;

const ENOENT = -2;

export function eventsPath(store: Store): string {
  return `${store.runRoot}/events`;
}

/**
 * Writes events to the log, with the time of now. What they tell has happened, so it is no error when the log cannot
 * take them (RUNROOT is full, say): nothing is thrown.
 */
export function writeEvents(store: Store, ...events: readonly NewEvent[]): void {
  using _ = span('tell events');
  const lines = events.map((event) => Buffer.from(`${serialize(timeOfDay(), event)}\n`));
  const folder = openFolder(store);
  if (folder < 0) return;
  let full = false;
  tryFlock(folder, LOCK_SH);
  const log = tryOpenAt(folder, 'log', O.WRONLY | O.APPEND | O.CREAT, 0o600);
  if (log >= 0) {
    // In one call, if they stay below a page together.
    const size = lines.reduce((sum, { length }) => sum + length, 0);
    for (const part of size <= LONGEST_LINE ? [Buffer.concat(lines)] : lines) tryWriteAll(log, part);
    full = position(log) >= FULL;
    close(log);
  }
  // The lock goes with it.
  close(folder);
  if (full) putAside(store);
}

function openFolder(store: Store): number {
  const folder = tryOpenAt(AT_FDCWD, eventsPath(store), O.RDONLY | O.DIRECTORY);
  // A RUNROOT that an older proa made in this boot has none.
  if (folder !== ENOENT || tryMkdirAt(AT_FDCWD, eventsPath(store), 0o700) < 0) return folder;
  return tryOpenAt(AT_FDCWD, eventsPath(store), O.RDONLY | O.DIRECTORY);
}

/** Makes a full log the old one. When somebody writes this very moment, the one after them will find it full too. */
function putAside(store: Store): void {
  const folder = openFolder(store);
  if (folder < 0) return;
  if (tryFlock(folder, LOCK_EX | LOCK_NB) === 0) {
    const size = statSync(`${eventsPath(store)}/log`, { throwIfNoEntry: false })?.size ?? 0;
    // Another one may have been faster.
    if (size >= FULL) tryRenameAt2(folder, 'log', folder, 'log.1');
  }
  close(folder);
}

/** The line, without its end. Labels that make it too long are left out, the longest ones first. */
function serialize({ sec, nsec }: Time, event: NewEvent): string {
  let { attributes } = event;
  for (;;) {
    const { type, action, id } = event;
    const rest = JSON.stringify({ type, action: shorten(action), id, attributes });
    const line = `${START}${sec},${nsec}],${rest.slice(1)}`;
    if (Buffer.byteLength(line) < LONGEST_LINE) return line;
    const [longest] = Object.entries(attributes).sort(
      ([a, x], [b, y]) => b.length + y.length - a.length - x.length,
    );
    if (longest === undefined) return line;
    const { [longest[0]]: _, ...others } = attributes;
    attributes = others;
  }
}

/** The command of an `exec` is part of its action, and may be a whole script. */
function shorten(action: string): string {
  return action.length <= 1024 ? action : `${action.slice(0, 1023)}…`;
}

/** Undefined for what is no event, such as the rest of a line that a writer was killed in. */
export function parseEvent(line: string): StoredEvent | undefined {
  const start = line.lastIndexOf(START);
  if (start < 0) return undefined;
  try {
    const { time, ...event } = JSON.parse(line.slice(start)) as Omit<StoredEvent, 'time'> & {
      time: [number, number];
    };
    return { ...event, time: { sec: time[0], nsec: time[1] } };
  } catch {
    // The line was cut off, and so was nothing that anyone could still read.
    return undefined;
  }
}

/**
 * Reads events in the order in which they were written: first what is there, and by further calls of {@link read} what
 * came since. A log that was put aside meanwhile is read to its end before the next one.
 */
export class EventReader implements Disposable {
  /** Logs that are still to be read, in order; all but the last one are complete. */
  private readonly files: LogFile[] = [];
  private readonly folder: string;

  /** @param past also what happened before now */
  constructor(store: Store, past: boolean) {
    this.folder = eventsPath(store);
    // A follower can only watch what is there.
    close(check(openFolder(store), 'open', this.folder));
    this.findLogs();
    if (!past) for (const file of this.files) file.skip();
  }

  /**
   * Opens logs that were begun since the last look. {@link read} does so too; who takes long to use up what it gives
   * looks in between, as a log lives only until it is put aside for the second time.
   */
  findLogs(): void {
    const newest = this.files.at(-1);
    for (;;) {
      using opened = new DisposableStack();
      const current = LogFile.open(`${this.folder}/log`);
      if (current !== undefined) opened.use(current);
      if (current !== undefined && newest?.is(current)) return;
      const old = LogFile.open(`${this.folder}/log.1`);
      if (old !== undefined) opened.use(old);
      // It was put aside between the two looks.
      if (old !== undefined && current?.is(old)) continue;
      opened.move();
      if (old !== undefined && newest?.is(old)) old[Symbol.dispose]();
      else if (old !== undefined) this.files.push(old);
      if (current !== undefined) this.files.push(current);
      return;
    }
  }

  /** What was written since the last call. */
  *read(): Generator<StoredEvent, void> {
    this.findLogs();
    for (;;) {
      const file = this.files[0];
      if (file === undefined) return;
      for (const line of file.lines()) {
        const event = parseEvent(line);
        if (event !== undefined) yield event;
      }
      if (this.files.length === 1) return;
      this.files.shift()![Symbol.dispose]();
    }
  }

  [Symbol.dispose](): void {
    for (const file of this.files.splice(0)) file[Symbol.dispose]();
  }
}

/** One open log, which keeps its place; what it is called meanwhile does not matter. */
class LogFile implements Disposable {
  private rest: Buffer = Buffer.alloc(0);

  private constructor(
    private readonly fd: number,
    private readonly stat: Stats,
  ) {}

  /** Undefined when there is none. */
  static open(path: string): LogFile | undefined {
    const fd = tryOpenAt(AT_FDCWD, path, O.RDONLY);
    if (fd === ENOENT) return undefined;
    check(fd, 'open', path);
    return new LogFile(fd, fstatSync(fd));
  }

  is({ stat }: LogFile): boolean {
    return this.stat.ino === stat.ino && this.stat.dev === stat.dev;
  }

  /** Leaves out all that it has. */
  skip(): void {
    seekEnd(this.fd);
  }

  /** Its complete lines from where the last call ended. */
  *lines(): Generator<string, void> {
    const chunk = Buffer.alloc(CHUNK);
    for (;;) {
      const n = check(tryRead(this.fd, chunk), 'read events');
      if (n === 0) return;
      const data =
        this.rest.length === 0 ? chunk.subarray(0, n) : Buffer.concat([this.rest, chunk.subarray(0, n)]);
      let start = 0;
      for (let end = data.indexOf(0x0a); end >= 0; end = data.indexOf(0x0a, start)) {
        yield data.toString('utf8', start, end);
        start = end + 1;
      }
      this.rest = Buffer.from(data.subarray(start));
    }
  }

  [Symbol.dispose](): void {
    close(this.fd);
  }
}
