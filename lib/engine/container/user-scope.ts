/**
 * A user's command that moves a process into a container's cgroup has to be in a cgroup of the user's itself: the kernel
 * asks for rights over the group that both are in (cgroup-v2.rst, "Delegation Containment"), and that of a login session
 * belongs to root. So such a command moves out of its session first, into a scope of the user's systemd, as podman does.
 */
import { readFileSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import { giveOwnScope } from '../../core/own-scope.ts';
import { span } from '../../core/trace.ts';
import type { Engine } from '../engine.ts';

/** How long systemd may take to move us (milliseconds). */
const PATIENCE = 5000;

/**
 * Moves this process, and so what it starts from then on, where that is needed. A process in a terminal of a desktop is in
 * the user's part of the tree already.
 * @throws ProaError SCOPE_FAILED
 */
export async function enterUserScope({ identity, cgroups }: Engine): Promise<void> {
  if (!identity.rootless || cgroups.manager !== 'systemd') return;
  if (isInUsersPart(identity.uid)) return;
  using _ = span('enter user scope');
  const why = giveOwnScope({ pid: process.pid, name: 'exec', rootless: true });
  if (why !== undefined) throw failed(why);
  // The answer says that it will be done.
  for (const end = performance.now() + PATIENCE; !isInUsersPart(identity.uid); await Bun.sleep(1)) {
    if (performance.now() > end) throw failed(`not moved within ${PATIENCE / 1000} seconds`);
  }
}

function isInUsersPart(uid: number): boolean {
  return readFileSync('/proc/self/cgroup', 'utf8').includes(`/user@${uid}.service/`);
}

function failed(why: string): ProaError {
  return new ProaError('SCOPE_FAILED', `leave the login session's cgroup: ask systemd --user: ${why}`, {
    hint: 'Try: systemd-run --user --scope proa …, or systemctl --user status',
  });
}
