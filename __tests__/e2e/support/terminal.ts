/** A program on a pseudo-terminal of its own, and somebody who types there and reads the screen. */

interface Pty {
  write(text: string): void;
  resize(columns: number, rows: number): void;
  close(): void;
}

/** Bun's own types lack the option. */
type SpawnWithTerminal = (
  command: string[],
  options: {
    cwd?: string;
    env?: Record<string, string>;
    terminal: { cols: number; rows: number; data: (pty: Pty, bytes: Uint8Array) => void };
  },
) => { pid: number; exited: Promise<number>; kill: (signal: string) => void; terminal: Pty };

export class Terminal {
  /** Everything that was printed. */
  screen = '';
  private read = 0;
  private readonly child: ReturnType<SpawnWithTerminal>;

  constructor(
    command: string[],
    options: { cwd?: string; env?: Record<string, string>; columns?: number; rows?: number } = {},
  ) {
    const { columns = 80, rows = 24, ...rest } = options;
    this.child = (Bun.spawn as unknown as SpawnWithTerminal)(command, {
      ...rest,
      terminal: {
        cols: columns,
        rows,
        data: (_, bytes) => {
          this.screen += Buffer.from(bytes).toString('latin1');
        },
      },
    });
  }

  get pid(): number {
    return this.child.pid;
  }

  type(text: string): void {
    this.child.terminal.write(text);
  }

  resize(columns: number, rows: number): void {
    this.child.terminal.resize(columns, rows);
  }

  /** Waits until the pattern is on the screen, below what an earlier call found. */
  async until(pattern: RegExp, timeout = 10_000): Promise<RegExpExecArray> {
    const end = performance.now() + timeout;
    for (;;) {
      const match = pattern.exec(this.screen.slice(this.read));
      if (match) {
        this.read += match.index + match[0].length;
        return match;
      }
      if (performance.now() > end)
        throw new Error(`${pattern} is not on the screen: ${JSON.stringify(this.screen.slice(this.read))}`);
      await Bun.sleep(5);
    }
  }

  /** The exit code. */
  async ended(timeout = 15_000): Promise<number> {
    let late = false;
    const alarm = setTimeout(() => {
      late = true;
      this.child.kill('SIGKILL');
    }, timeout);
    const code = await this.child.exited;
    clearTimeout(alarm);
    if (late) throw new Error(`still running: ${JSON.stringify(this.screen)}`);
    return code;
  }

  [Symbol.dispose](): void {
    this.child.kill('SIGKILL');
    this.child.terminal.close();
  }
}
