/** What a check finds, and what all parts of the check share. */
import { existsSync, mkdirSync } from 'node:fs';
import { syncFolder } from '../../../core/atomic-file.ts';
import { hasCode } from '../../../core/error.ts';
import { tryLock } from '../../../core/lock.ts';
import { RENAME_NOREPLACE, renameAt2 } from '../../../core/sys/file.ts';
import type { Store } from '../../../storage/store.ts';

/** One thing that is not as it should be; told as "what: which: why". */
export interface Finding {
  what: string;
  which: string;
  why: string;
  /** Nothing is broken by it: it is told, and counts as no damage. */
  harmless?: boolean;
  /**
   * Mends it, and says how ("removed"). Absent: it stays as it is.
   * @throws ProaError saying why it cannot be mended, with what to do as hint
   */
  repair?: () => string | Promise<string>;
}

/** Milliseconds between two looks. */
const PAUSE = 500;

/**
 * Looks twice. What another command is doing at this moment can look like damage (a name whose container was removed a
 * millisecond ago); only what is the same after a pause counts. A store without suspicion is looked at once.
 * @param look changes nothing
 */
export async function lookTwice(look: () => Iterable<Finding>, pause = PAUSE): Promise<Finding[]> {
  const first = new Set(Array.from(look(), keyOf));
  if (first.size === 0) return [];
  await Bun.sleep(pause);
  return Array.from(look())
    .filter((finding) => first.has(keyOf(finding)))
    .sort((a, b) => compare(a.what, b.what) || compare(a.which, b.which));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function keyOf({ what, which, why }: Finding): string {
  return [what, which, why].join('\n');
}

/** True while a command holds the folder locked. A folder that is gone is not. */
export function isBusy(folder: string): boolean {
  try {
    using held = tryLock(folder);
    return held === undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** ROOT/lost+found: what could not be read, kept for a person to look at. */
export function lostAndFound(store: Store): string {
  return `${store.root}/lost+found`;
}

/**
 * Moves a file or folder out of the way, into ROOT/lost+found.
 * @param name what it is to be called there; a number is added when that is taken
 * @returns where it is now
 */
export function setAside(store: Store, path: string, name: string): string {
  const folder = lostAndFound(store);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let target = `${folder}/${name}`;
  for (let n = 2; existsSync(target); n++) target = `${folder}/${name}.${n}`;
  renameAt2(path, target, RENAME_NOREPLACE);
  syncFolder(folder);
  return target;
}
