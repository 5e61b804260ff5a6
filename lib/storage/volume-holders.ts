/**
 * RUNROOT/volumes/NAME/HOLDER: who needs a volume mounted whose files are elsewhere. The first holder mounts it on its
 * `_data`, the last one takes that away; whether it is mounted, the kernel knows. A folder stays as long as its volume.
 *
 * A holder is a container's id, `person-…` (`volume mount`), or `process-PID-START-…`, a command that looks into it
 * and may be killed.
 */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { hasCode } from '../core/error.ts';
import { type Lock, lockBriefly } from '../core/lock.ts';
import { isAlive, processHandle } from '../core/process-handle.ts';
import type { Store } from './store.ts';

export function holdersPath(store: Store, name: string): string {
  return `${store.runRoot}/volumes/${name}`;
}

/** The lock under which holders come and go. */
export function lockHolders(store: Store, name: string): Lock {
  const folder = holdersPath(store, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return lockBriefly(folder)!;
}

/** A new holder that counts as long as this process lives. */
export function ownHolder(): string {
  const { pid, startTime } = processHandle(process.pid)!;
  return `process-${pid}-${startTime}-${crypto.randomUUID()}`;
}

/** Those that still count. */
export function listHolders(store: Store, name: string): string[] {
  return namesIn(holdersPath(store, name)).filter((holder) => {
    const [, pid, startTime] = /^process-(\d+)-(\d+)-/.exec(holder) ?? [];
    return pid === undefined || isAlive({ pid: Number(pid), startTime: Number(startTime) });
  });
}

/** The volumes that one holds. */
export function volumesHeldBy(store: Store, holder: string): string[] {
  return namesIn(`${store.runRoot}/volumes`).filter((name) =>
    existsSync(`${holdersPath(store, name)}/${holder}`),
  );
}

/** Containers that hold volumes. */
export function containersWithHeldVolumes(store: Store): string[] {
  return namesIn(`${store.runRoot}/volumes`).flatMap((name) =>
    namesIn(holdersPath(store, name)).filter((holder) => /^[0-9a-f]{64}$/.test(holder)),
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
