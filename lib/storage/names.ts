/**
 * ROOT/names/NAME → ID. Creating the symlink is the test for uniqueness, so two containers never get one name, with no
 * lock shared by creators of different names.
 *
 * A name is claimed before its container is published. Until then its container is the locked folder ROOT/tmp/ID; a
 * name whose container is neither there nor in ROOT/containers was left by a crash and may be taken over.
 */
import { existsSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { removeFile } from '../core/atomic-file.ts';
import { hasCode, ProaError } from '../core/error.ts';
import { lock, lockBriefly, tryLock } from '../core/lock.ts';
import type { Store } from './store.ts';

/** Docker's rule for container and volume names. */
const VALID = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** @throws ProaError INVALID_NAME */
export function validateName(name: string, kind = 'container'): void {
  if (VALID.test(name) && name.length <= 255) return;
  throw new ProaError(
    'INVALID_NAME',
    `use ${kind} name ${JSON.stringify(name)}: only [a-zA-Z0-9][a-zA-Z0-9_.-]* are allowed`,
  );
}

export function nameLink(store: Store, name: string): string {
  return `${store.root}/names/${name}`;
}

/**
 * Claims a name for a container id.
 * @throws ProaError NAME_IN_USE saying by which container
 */
export async function claimName(store: Store, name: string, id: string): Promise<void> {
  const link = nameLink(store, name);
  if (tryClaim(link, id)) return;
  using _ = await lock(`${store.root}/names`);
  const holder = resolveName(store, name);
  if (holder !== undefined && holder !== id && isHeld(store, holder)) {
    throw new ProaError(
      'NAME_IN_USE',
      `use container name "${name}": it is in use by container ${holder.slice(0, 12)}`,
      { hint: `Remove or rename that container first: proa rm ${name}` },
    );
  }
  if (holder === undefined && existsSync(link)) {
    throw new ProaError('CORRUPT_RECORD', `use container name "${name}": ${link} is no symbolic link`, {
      hint: 'proa system check --repair',
    });
  }
  if (holder !== undefined) removeFile(link);
  if (!tryClaim(link, id)) return claimName(store, name, id);
}

/**
 * Gives a name up, if it still belongs to this container. Under the lock of those who take names over: a container is
 * gone before its name is released, and another may have the name already.
 */
export function releaseName(store: Store, name: string, id: string): void {
  using _ = lockBriefly(`${store.root}/names`);
  if (resolveName(store, name) === id) removeFile(nameLink(store, name));
}

/** The id that a name points at, or undefined. */
export function resolveName(store: Store, name: string): string | undefined {
  if (!VALID.test(name)) return undefined;
  try {
    return readlinkSync(nameLink(store, name));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EINVAL', 'ENAMETOOLONG')) return undefined;
    throw error;
  }
}

/** Names whose container is gone, and what is no link at all (its id is empty). */
export function listStaleNames(store: Store): { name: string; id: string }[] {
  return readdirSync(`${store.root}/names`)
    .map((name) => ({ name, id: resolveName(store, name) ?? '' }))
    .filter(({ id }) => !isHeld(store, id));
}

function tryClaim(link: string, id: string): boolean {
  try {
    symlinkSync(id, link);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function isHeld(store: Store, id: string): boolean {
  if (!/^[0-9a-f]{64}$/.test(id)) return false;
  // First under construction, then published: the rename goes that way, so looking in this order misses neither.
  try {
    using held = tryLock(`${store.tmp}/${id}`);
    if (held === undefined) return true;
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  return existsSync(`${store.root}/containers/${id}`);
}
