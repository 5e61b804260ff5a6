/** The program itself, from its sources, on a store of its own. */
import { join } from 'node:path';
import type { TestStore } from './container-records.ts';

const BIN = join(__dirname, '../../bin/proa.ts');

export interface Outcome {
  code: number;
  out: string;
  err: string;
}

export function proaArgs(test: TestStore, ...args: string[]): string[] {
  return [process.execPath, BIN, `--root=${test.root}`, `--runroot=${test.runRoot}`, ...args];
}

/** Runs it and waits for its end. */
export async function proa(test: TestStore, ...args: string[]): Promise<Outcome> {
  const child = Bun.spawn(proaArgs(test, ...args), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TZ: 'UTC' },
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, err };
}
