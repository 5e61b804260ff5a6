/** User-mode network programs: how they are started and how their complaints are read. */
import { readFileSync } from 'node:fs';
import type { ProcessHandle } from '../core/process-handle.ts';
import { AT_FDCWD, close, O, open, tryUnlinkAt } from '../core/sys/file.ts';

/** A program that forwards a container's packets for as long as its namespace lives. */
export interface NetworkHelper extends ProcessHandle {
  program: 'pasta' | 'slirp4netns';
}

/** A file that collects what a program says while it starts; it is removed when disposed. */
export class StartLog implements Disposable {
  readonly fd: number;

  constructor(private readonly file: string) {
    this.fd = open(file, O.RDWR | O.CREAT | O.TRUNC, 0o600);
  }

  /** What went wrong, in one line, without the usage text and without complaints about missing syslog. */
  words(): string {
    const lines = readFileSync(this.file, 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('Failed to send'));
    const usage = lines.findIndex((line) => line.startsWith('Usage:'));
    return (usage < 0 ? lines : lines.slice(0, usage)).slice(-3).join('; ');
  }

  [Symbol.dispose](): void {
    close(this.fd);
    tryUnlinkAt(AT_FDCWD, this.file);
  }
}
