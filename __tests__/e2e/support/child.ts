/** Running programs with pipes: binary-safe, and never for ever. */

export interface Outcome {
  code: number;
  out: string;
  err: string;
}

export interface ChildOptions {
  stdin?: string | Uint8Array<ArrayBuffer>;
  cwd?: string;
  env?: Record<string, string>;
  /** Milliseconds until it is killed, which fails the test. */
  timeout?: number;
}

const TIMEOUT = 30_000;

export async function collect(command: string[], options: ChildOptions = {}): Promise<Outcome> {
  const { code, out, err } = await collectBytes(command, options);
  return { code, out: out.toString(), err };
}

export async function collectBytes(
  command: string[],
  { stdin, cwd, env, timeout = TIMEOUT }: ChildOptions = {},
): Promise<{ code: number; out: Buffer; err: string }> {
  const child = Bun.spawn(command, {
    stdio: [stdin === undefined ? 'ignore' : Buffer.from(stdin), 'pipe', 'pipe'],
    cwd,
    env,
  });
  let late = false;
  const alarm = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, timeout);
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).arrayBuffer(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  clearTimeout(alarm);
  if (late) throw new Error(`${command.join(' ')}: still running after ${timeout} ms: ${err}`);
  return { code, out: Buffer.from(out), err };
}

/** Waits for a condition; what it last said when it never came true. */
export async function eventually<T>(
  look: () => T | Promise<T>,
  isRight: (value: T) => boolean = Boolean,
  timeout = 10_000,
): Promise<T> {
  const end = performance.now() + timeout;
  for (;;) {
    const value = await look();
    if (isRight(value) || performance.now() > end) return value;
    await Bun.sleep(20);
  }
}

/** Reads a stream line by line. */
export function linesOf(stream: ReadableStream<Uint8Array>) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = '';
  return {
    async next(): Promise<string> {
      while (!text.includes('\n')) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`the output ended: ${text}`);
        text += decoder.decode(value, { stream: true });
      }
      const end = text.indexOf('\n');
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      return line;
    },
  };
}
