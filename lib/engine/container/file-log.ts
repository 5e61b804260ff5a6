/** The log of a container whose conmon writes it to a file. */
import type { Store } from '../../storage/store.ts';
import { LogFiles } from './log-files.ts';
import { compareTimes, type LogRecord, timeOf } from './log-record.ts';
import { hasEnded, type LogBounds, type LogSource } from './log-source.ts';

export class FileSource implements LogSource {
  readonly files: readonly string[];
  isDone = false;
  private readonly log: LogFiles;

  /** @param count how many files rotation keeps of it */
  constructor(
    private readonly store: Store,
    private readonly id: string,
    file: string,
    count: number,
    private readonly bounds: LogBounds,
  ) {
    this.files = [file];
    this.log = new LogFiles(file, count);
    if (bounds.tail !== undefined) this.log.tail(bounds.tail);
  }

  get record(): LogRecord {
    return this.log.reader!;
  }

  takeLost(): boolean {
    const { lost } = this.log;
    this.log.lost = false;
    return lost;
  }

  next(): boolean {
    const { since, until, follow } = this.bounds;
    while (!this.isDone && this.log.next(follow)) {
      if (since === undefined && until === undefined) return true;
      const time = timeOf(this.record);
      if (time === undefined) return true;
      if (since !== undefined && compareTimes(time, since) < 0) continue;
      if (until === undefined || compareTimes(time, until) <= 0) return true;
      this.isDone = true;
    }
    return false;
  }

  hasEnded(): boolean {
    return hasEnded(this.store, this.id);
  }

  [Symbol.dispose](): void {
    this.log[Symbol.dispose]();
  }
}
