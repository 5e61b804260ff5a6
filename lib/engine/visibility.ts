/** Mounts of a user are in a mount namespace of their own, which only what we start is in. */
import { readlinkSync } from 'node:fs';
import { ProaError } from '../core/error.ts';
import type { Engine } from './engine.ts';

/** @param step what would be in vain, `mount container` @throws ProaError NOT_VISIBLE to a user whose shell is outside */
export function requireVisibility({ identity }: Engine, step: string): void {
  if (!identity.rootless || namespaceOf('self') === namespaceOf(String(process.ppid))) return;
  throw new ProaError('NOT_VISIBLE', `${step}: your shell is outside of your user namespace's mounts`, {
    hint: 'Use proa cp, or enter it: nsenter --user --mount --preserve-credentials -t "$(cut -d\' \' -f1 "$XDG_RUNTIME_DIR/proa/pause.pid")"',
  });
}

function namespaceOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return ''; // not ours to look at, and so not ours
  }
}
