/**
 * `logs`: what containers printed, and with `follow` what they print until they end. Several logs become one, by the
 * times of their records.
 *
 * A follower learns of new records from inotify on the logs' folders and of a container's end from its own folder, where
 * the state is replaced; a slow timer serves file systems that have no such events.
 */
import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path/posix';
import { ProaError } from '../../core/error.ts';
import { containerPath, readContainer } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import { FileSource } from './file-log.ts';
import { logConfig, logFile, logLimit } from './log-driver.ts';
import { compareTimes, type LogRecord, type Time, timeFrom, timeOf } from './log-record.ts';
import type { LogBounds, LogSource } from './log-source.ts';

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
  /** A record; its bytes are valid during the call. A promise stops the flow until it is done. */
  record(record: LogRecord): Promise<void> | undefined;
  /** Nothing more is there at the moment. */
  pause(): Promise<void> | undefined;
  /** Rotation took away what was not read yet. */
  lost?(): void;
}

/** Milliseconds between looks where no event comes. */
const PATIENCE = 1000;

/**
 * Passes a container's log on. `id` is a full id; a container that never started has no records.
 * @throws ProaError CORRUPT_LOG, LOG_UNREADABLE; what the sink throws
 */
export function readLog(store: Store, id: string, request: LogRequest, sink: LogSink): Promise<void> {
  return readLogs(store, [{ id, sink }], request);
}

interface Flow {
  source: LogSource;
  sink: LogSink;
}

/** {@link readLog} of several containers, merged. Each has a sink of its own. */
export async function readLogs(
  store: Store,
  wanted: readonly { id: string; sink: LogSink }[],
  { follow = false, since, until, tail }: LogRequest,
): Promise<void> {
  const bounds: LogBounds = {
    since: since === undefined ? undefined : timeFrom(since),
    until: until === undefined ? undefined : timeFrom(until),
    tail,
    follow,
  };
  using resources = new DisposableStack();
  const changes = resources.use(new Changes());
  // Before the first look, so that no change is missed between the two.
  if (follow) for (const { id } of wanted) changes.watch(containerPath(store, id));
  let flows: Flow[] = [];
  for (const { id, sink } of wanted) {
    const source = resources.use(await openLogSource(store, id, bounds, () => changes.wake()));
    if (follow) changes.watchFiles(source.files);
    flows.push({ source, sink });
  }
  try {
    while (flows.length > 0) {
      // Asked before the last look into the logs: what was written before the end is in them by then.
      const over = isPast(until) ? flows : flows.filter(({ source }) => !follow || source.hasEnded());
      if (follow) for (const { source } of over) await source.finish?.();
      await drain(flows);
      for (const { sink } of flows) await sink.pause();
      flows = flows.filter((flow) => !over.includes(flow) && !flow.source.isDone);
      // While a container only prints, its state needs no look.
      while (flows.length > 0 && !(await changes.wait())) {
        await drain(flows);
        for (const { sink } of flows) await sink.pause();
        if (flows.some(({ source }) => source.isDone)) break;
      }
    }
  } finally {
    for (const { sink } of wanted) await sink.pause();
  }
}

/** @param wake called when there may be more, by a source that is no file */
async function openLogSource(
  store: Store,
  id: string,
  bounds: LogBounds,
  wake: () => void,
): Promise<LogSource> {
  const config = readContainer(store, id)?.config;
  if (config === undefined) throw new ProaError('CONTAINER_NOT_FOUND', `read log ${id}: no such container`);
  const file = logFile(store, config);
  if (file !== undefined) return new FileSource(store, id, file, logLimit(config)?.files ?? 1, bounds);
  const { driver } = logConfig(config);
  if (driver === 'journald') {
    const { JournalSource } = await import('./journal-log.ts');
    return new JournalSource(store, id, bounds, wake);
  }
  const what = `read logs of container ${config.name}: its log driver, ${driver}, keeps none`;
  throw new ProaError('LOG_UNREADABLE', what, { hint: 'Create it with --log-driver k8s-file' });
}

/** Passes on all that is there. */
async function drain(flows: readonly Flow[]): Promise<void> {
  if (flows.length > 1) await merge(flows);
  else if (flows.length === 1) await drainOne(flows[0]!);
  for (const { source, sink } of flows) if (source.takeLost()) sink.lost?.();
}

async function drainOne({ source, sink }: Flow): Promise<void> {
  for (;;) {
    let more = source.next();
    if (typeof more !== 'boolean') more = await more;
    if (!more) return;
    const busy = sink.record(source.record);
    if (busy !== undefined) await busy;
  }
}

const NO_TIME: Time = [0, 0];

async function merge(flows: readonly Flow[]): Promise<void> {
  const heads: (Flow & { time: Time })[] = [];
  for (const flow of flows) {
    if (await flow.source.next()) heads.push({ ...flow, time: timeOf(flow.source.record) ?? NO_TIME });
  }
  while (heads.length > 0) {
    const head = heads.reduce((a, b) => (compareTimes(b.time, a.time) < 0 ? b : a));
    const { source, sink } = head;
    for (;;) {
      const { complete } = source.record;
      const busy = sink.record(source.record);
      if (busy !== undefined) await busy;
      let more = source.next();
      if (typeof more !== 'boolean') more = await more;
      if (!more) {
        heads.splice(heads.indexOf(head), 1);
        break;
      }
      // The pieces of a line stay together.
      if (complete) {
        head.time = timeOf(source.record) ?? NO_TIME;
        break;
      }
    }
  }
}

function isPast(until: bigint | undefined): boolean {
  return until !== undefined && BigInt(Date.now()) * 1_000_000n > until;
}

/** Tells of changes in folders, whether they happen while someone waits or before. */
class Changes implements Disposable {
  private readonly watchers = new Map<string, FSWatcher | undefined>();
  private readonly logs = new Set<string>();
  /** `log`: only a log grew. */
  private seen: 'nothing' | 'log' | 'more' = 'nothing';
  private waiting: (() => void) | undefined;

  watch(folder: string): void {
    if (this.watchers.has(folder)) return;
    try {
      const watcher = watch(folder, (_event, name) => {
        this.wake(name !== null && this.logs.has(`${folder}/${name}`) ? 'log' : 'more');
      });
      // The folder goes when the container is removed.
      watcher.on('error', () => this.wake('more'));
      this.watchers.set(folder, watcher);
    } catch {
      // No inotify instance left for this user (fs.inotify.max_user_instances): the timer has to do.
      this.watchers.set(folder, undefined);
    }
  }

  watchFiles(files: readonly string[]): void {
    for (const file of files) {
      this.logs.add(`${dirname(file)}/${basename(file)}`);
      this.watch(dirname(file));
    }
  }

  wake(what: 'log' | 'more' = 'log'): void {
    if (this.seen !== 'more') this.seen = what;
    this.waiting?.();
  }

  /** Waits for a change. False when only logs grew. */
  async wait(): Promise<boolean> {
    if (this.seen === 'nothing') {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(() => this.wake('more'), PATIENCE);
      this.waiting = resolve;
      await promise;
      clearTimeout(timer);
      this.waiting = undefined;
    }
    const { seen } = this;
    this.seen = 'nothing';
    return seen === 'more';
  }

  [Symbol.dispose](): void {
    for (const watcher of this.watchers.values()) watcher?.close();
  }
}
