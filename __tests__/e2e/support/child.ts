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
