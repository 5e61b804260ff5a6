/** What a build that was killed left: folders in ROOT/tmp that nobody holds any more, and what is in RUNROOT under their names. */
import { readdirSync } from 'node:fs';
import { hasCode } from '../../core/error.ts';
import { tryLock } from '../../core/lock.ts';
import { removeTree } from '../../core/sys/directory.ts';
import type { Engine } from '../engine.ts';

/** Takes it all down. In most builds this is one look into a folder. */
export async function clearKilledBuilds(engine: Engine): Promise<void> {
  const { store } = engine;
  for (const name of readdirSync(store.tmp)) {
    // Also of a start or a pull that was killed: that is no less rubbish.
    const isSandbox = /^[0-9a-f]{64}$/.test(name);
    if (!isSandbox && !name.startsWith('layer-')) continue;
    const path = `${store.tmp}/${name}`;
    try {
      using held = tryLock(path);
      if (held === undefined) continue;
      if (isSandbox) {
        const { clearLocked } = await import('../container/run-state.ts');
        await clearLocked(engine, name);
      }
      removeTree(path);
    } catch (error) {
      // Somebody else was faster.
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
}
