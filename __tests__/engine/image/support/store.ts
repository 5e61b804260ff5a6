/** A store of its own for each test, and what is in it. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../../../../lib/engine/engine.ts';
import { readIdentity } from '../../../../lib/rootless/identity.ts';
import { openStore } from '../../../../lib/storage/store.ts';

export interface TestEngine extends Disposable {
  engine: Engine;
  /** A folder for the test's files, beside the store. */
  folder: string;
  /** Names below ROOT that hold data: what a failed command must leave as it was. */
  contents(): string[];
}

export function openTestEngine(): TestEngine {
  const top = mkdtempSync(join(tmpdir(), 'proa-image-'));
  const identity = readIdentity();
  const store = openStore({
    root: `${top}/root`,
    runRoot: `${top}/run`,
    rootless: identity.rootless,
    uid: identity.uid,
  });
  const engine = new Engine({ store, identity, self: [] });
  const contents = (): string[] =>
    ['tmp', 'layers', 'blobs/sha256', 'images/names', 'images/by-id'].flatMap((place) =>
      readdirSync(`${store.root}/${place}`).map((name) => `${place}/${name}`),
    );
  const folder = `${top}/files`;
  Bun.spawnSync(['mkdir', folder]);
  return {
    engine,
    folder,
    contents,
    [Symbol.dispose]: () => rmSync(top, { recursive: true, force: true }),
  };
}

/** Unpacking changes its root, which only root (of a user namespace) may. */
export const describeAsRoot = process.geteuid?.() === 0 ? describe : describe.skip;

/** Runs a program; its output, or an error with what it said. */
export function run(command: string[], options: { cwd?: string; stdin?: Uint8Array } = {}): Buffer {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, {
    cwd: options.cwd,
    stdin: options.stdin ?? 'ignore',
  });
  if (exitCode === 0) return stdout;
  throw new Error(`${command.join(' ')}: ${exitCode}: ${stderr.toString()}`);
}

/** A test that needs a program of another project to compare with; skipped where it is not installed. */
export function testWith(...programs: string[]): typeof test | typeof test.skip {
  return programs.every((program) => Bun.which(program)) ? test : test.skip;
}

export async function collect(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}

export async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The error that a promise ends with. */
export async function failure(
  work: Promise<unknown>,
): Promise<{ code: string; message: string; hint?: string }> {
  try {
    await work;
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('it did not fail');
}
