/**
 * The log of a container whose conmon writes to the journal: journalctl(1) reads it, in systemd's export format
 * (systemd.io/JOURNAL_EXPORT_FORMATS), the one that holds any bytes.
 */
import { ProaError } from '../../core/error.ts';
import { findProgram } from '../../core/programs.ts';
import type { Store } from '../../storage/store.ts';
import { JournalParser } from './journal-export.ts';
import { compareTimes, type LogRecord, timeOf } from './log-record.ts';
import { hasEnded, type LogBounds, type LogSource } from './log-source.ts';

/** Records read ahead; then journalctl waits. */
const AHEAD = 1000;

export class JournalSource implements LogSource {
  readonly files = [];
  isDone = false;
  record!: LogRecord;
  private readonly program = findProgram('journalctl');
  /** Seconds since 1970. */
  private readonly opened = Date.now() / 1000;
  private reader: JournalReader;

  constructor(
    private readonly store: Store,
    private readonly id: string,
    private readonly bounds: LogBounds,
    private readonly wake: () => void,
  ) {
    const { tail, since, follow } = bounds;
    const args = [tail === undefined ? '--no-tail' : `--lines=${tail}`];
    if (since !== undefined) args.push(`--since=@${since[0]}`);
    if (follow) args.push('--follow');
    this.reader = this.read(args);
  }

  private read(args: string[]): JournalReader {
    const fields = '--output-fields=MESSAGE,PRIORITY,CONTAINER_PARTIAL_MESSAGE';
    const all = ['--quiet', '--no-pager', '--output=export', fields, ...args, `CONTAINER_ID_FULL=${this.id}`];
    return new JournalReader([this.program, ...all], this.wake);
  }

  takeLost(): boolean {
    return false;
  }

  async next(): Promise<boolean> {
    const { since, until, follow } = this.bounds;
    while (!this.isDone) {
      const record = await this.reader.next(follow && !this.finished);
      if (record === undefined) return false;
      this.record = record;
      const time = timeOf(record)!;
      if (since !== undefined && compareTimes(time, since) < 0) continue;
      if (until === undefined || compareTimes(time, until) <= 0) return true;
      this.isDone = true;
    }
    return false;
  }

  hasEnded(): boolean {
    return hasEnded(this.store, this.id);
  }

  private finished = false;

  /** What was on its way to the journal when the container ended: a follower would not tell when it has it. */
  async finish(): Promise<void> {
    if (this.finished) return;
    // Without the right to, what journald has not stored yet within this moment is not shown.
    await Bun.spawn([this.program, '--sync'], { stdio: ['ignore', 'ignore', 'ignore'] }).exited;
    const { cursor } = this.reader;
    const rest = this.reader.takeAll();
    this.reader[Symbol.dispose]();
    this.reader = this.read([cursor === undefined ? `--since=@${this.opened}` : `--after-cursor=${cursor}`]);
    this.reader.prepend(rest);
    this.finished = true;
  }

  [Symbol.dispose](): void {
    this.reader[Symbol.dispose]();
  }
}

/** One journalctl and the records that came from it. */
class JournalReader implements Disposable {
  private readonly child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>;
  private readonly parser = new JournalParser();
  private records: LogRecord[] = [];
  private over = false;
  private stopped = false;
  private failure: unknown;
  private changed = Promise.withResolvers<void>();
  private taken = Promise.withResolvers<void>();

  constructor(
    command: string[],
    private readonly wake: () => void,
  ) {
    this.child = Bun.spawn(command, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.pump()
      .catch((error) => {
        this.failure = error;
      })
      .finally(() => {
        this.over = true;
        this.tell();
      });
  }

  /** Of the last record that was parsed. */
  get cursor(): string | undefined {
    return this.parser.cursor;
  }

  /** The next record; without `wait`ing for it, or at the end, undefined. */
  async next(follow: boolean): Promise<LogRecord | undefined> {
    for (;;) {
      const record = this.records.shift();
      if (record !== undefined) {
        if (this.records.length < AHEAD) this.taken.resolve();
        return record;
      }
      if (this.failure !== undefined) throw this.failure;
      if (this.over || follow) return undefined;
      await this.changed.promise;
    }
  }

  takeAll(): LogRecord[] {
    return this.records.splice(0);
  }

  prepend(records: LogRecord[]): void {
    this.records.unshift(...records);
  }

  private async pump(): Promise<void> {
    for await (const chunk of this.child.stdout) {
      if (this.stopped) return;
      this.records.push(...this.parser.push(chunk));
      this.tell();
      if (this.records.length < AHEAD) continue;
      this.taken = Promise.withResolvers();
      await this.taken.promise;
    }
    const code = await this.child.exited;
    if (code === 0 || this.stopped) return;
    const said = (await new Response(this.child.stderr).text()).trim().split('\n')[0];
    throw new ProaError('LOG_UNREADABLE', `read the journal: ${said || `journalctl ended with ${code}`}`);
  }

  private tell(): void {
    this.changed.resolve();
    this.changed = Promise.withResolvers();
    this.wake();
  }

  [Symbol.dispose](): void {
    this.stopped = true;
    this.taken.resolve();
    this.child.kill();
  }
}
