/** What a command needs from outside: the engine, opened by the global options, and its output. */

import { FdWriter } from '../core/output.ts';
import { selfCommand } from '../core/self.ts';
import { span } from '../core/trace.ts';
import { Engine, type EngineOptions } from '../engine/engine.ts';
import { readIdentity } from '../rootless/identity.ts';
import { openStore } from '../storage/store.ts';
import { globals } from './globals.ts';

let engine: Engine | undefined;

/** The engine of this invocation. */
export function openEngine(): Engine {
  if (engine !== undefined) return engine;
  using _ = span('open engine');
  const identity = readIdentity();
  const { root, runroot, runtime, 'cgroup-manager': wanted } = globals();
  const cgroupManager = wanted as EngineOptions['cgroupManager'];
  const store = openStore({
    root: root === undefined ? undefined : absolute(root),
    runRoot: runroot === undefined ? undefined : absolute(runroot),
    rootless: identity.rootless,
    uid: identity.uid,
  });
  const self = [...selfCommand(), `--root=${store.root}`, `--runroot=${store.runRoot}`];
  if (runtime !== undefined) self.push(`--runtime=${runtime}`);
  if (cgroupManager !== undefined) self.push(`--cgroup-manager=${cgroupManager}`);
  engine = new Engine({ store, identity, self, runtime, cgroupManager });
  return engine;
}

function absolute(path: string): string {
  return path.startsWith('/') ? path : `${process.cwd()}/${path}`;
}

/** Opens the engine for a command that brings images in, and says what becomes of their files' owners. */
export function openEngineForImages(): Engine {
  const opened = openEngine();
  if (opened.identity.singleId) {
    warn(
      'WARNING: single-id mode: this user has no subordinate ids, so all files of an image belong to one id ' +
        '(proa doctor says how to get them)',
    );
  }
  return opened;
}

/** Writes to stdout: everything that a script may read. Waits while a pipe is full. */
export async function print(text: string): Promise<void> {
  await new FdWriter(1).write(Buffer.from(text));
}

/** Writes to stderr: warnings, hints, progress. */
export function warn(text: string): void {
  process.stderr.write(`${text}\n`);
}
