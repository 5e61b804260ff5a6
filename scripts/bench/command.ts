/** Running the engines' command lines, timed or not. */

/** A program and its first arguments. */
export type Words = readonly string[];

export class CommandFailed extends Error {
  constructor(argv: Words, exitCode: number | null, stderr: string) {
    super(`${argv.join(' ')}: exit code ${exitCode}: ${stderr.trim().slice(-300)}`);
  }
}

/** @throws CommandFailed unless it exits with 0 */
export async function run(argv: Words): Promise<void> {
  const child = Bun.spawn([...argv], { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' });
  const stderr = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new CommandFailed(argv, child.exitCode, stderr);
}

/** Like {@link run}, but a failure does not matter: what is to be undone may never have been done. */
export async function tryRun(argv: Words): Promise<void> {
  await run(argv).catch((error) => {
    if (!(error instanceof CommandFailed)) throw error;
  });
}

/** Milliseconds from before the fork until the program has been waited for. @throws CommandFailed */
export function time(argv: Words): number {
  const start = performance.now();
  // The event loop would add its own wake-up to an asynchronous wait.
  const { exitCode, stderr } = Bun.spawnSync([...argv], {
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  });
  const elapsed = performance.now() - start;
  if (exitCode !== 0) throw new CommandFailed(argv, exitCode, stderr.toString());
  return elapsed;
}

/** Milliseconds for all of these calls, `width` of them at a time. @throws CommandFailed when one fails */
export async function timeAll(calls: readonly Words[], width: number): Promise<number> {
  const start = performance.now();
  const waiting = [...calls];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await run(next);
  };
  await Promise.all(Array.from({ length: width }, worker));
  return performance.now() - start;
}

/** What a program prints, '' when it fails or is not there. */
export function output(argv: Words): string {
  if (Bun.which(argv[0]!) === null) return '';
  const { exitCode, stdout } = Bun.spawnSync([...argv], { stdin: 'ignore', stderr: 'ignore' });
  return exitCode === 0 ? stdout.toString().trim() : '';
}
