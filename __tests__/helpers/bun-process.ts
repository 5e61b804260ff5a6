/** Other processes that run this repository's modules, for what only a second process can show. */
import { join } from 'node:path';

const LIB = join(__dirname, '../../lib');

export class BunProcess implements AsyncDisposable {
  private readonly child: Bun.Subprocess<'pipe', 'pipe', 'inherit'>;
  private readonly lines: AsyncGenerator<string>;

  /** @param script statements; `LIB/` in an import stands for this repository's lib */
  constructor(script: string, args: readonly string[] = [], env: Record<string, string> = {}) {
    this.child = Bun.spawn([process.execPath, '-e', script.replaceAll('LIB/', `${LIB}/`), ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    this.lines = linesOf(this.child.stdout);
  }

  get pid(): number {
    return this.child.pid;
  }

  get exited(): Promise<number> {
    return this.child.exited;
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`the process ended with ${await this.child.exited} instead of a line`);
    return value;
  }

  /** The end of its input is the word to go on, or to end. */
  go(): void {
    this.child.stdin.end();
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** What a script waits for until {@link BunProcess.go}. */
export const UNTIL_GO = 'await Bun.stdin.text();';

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + Buffer.from(chunk).toString()).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
}
