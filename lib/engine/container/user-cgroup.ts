/**
 * A user's own part of the v2 tree. The kernel moves a process between two groups only for who may write to the one above
 * both (cgroup-v2.rst, "Delegation Containment"), and a login session is not below the user's systemd. So who comes
 * from there and wants a process in a container's group asks that systemd in first.
 */
import { readFileSync } from 'node:fs';
import { giveOwnScope } from '../../core/own-scope.ts';
import type { Engine } from '../engine.ts';

/** Milliseconds that systemd may take; after that the runtime says what it cannot do. */
const PATIENCE = 2_000;

/** Moves this process below the user's systemd, unless it is there. */
export async function enterUsersTree({ identity }: Engine): Promise<void> {
  const isInside = (): boolean =>
    readFileSync('/proc/self/cgroup', 'latin1').includes(`/user@${identity.uid}.service/`);
  if (isInside() || !giveOwnScope({ pid: process.pid, name: 'exec', rootless: true })) return;
  for (const end = performance.now() + PATIENCE; !isInside() && performance.now() < end; ) await Bun.sleep(1);
}
