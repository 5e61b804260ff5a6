/**
 * Moving a process into a cgroup takes a lock that is cheap for readers and makes its first writer wait for an RCU
 * grace period: 10 ms, in the middle of the runtime's `create` (kernel/cgroup/cgroup.c, cgroup_threadgroup_rwsem). Who
 * comes shortly after another writer does not wait. So we are that other writer, a little ahead and beside our own
 * work: we move ourselves to where we are, which changes nothing.
 */
import { readFileSync, write } from 'node:fs';
import { CGROUP_ROOT } from '../../core/cgroup-mode.ts';
import { AT_FDCWD, close, O, tryOpenAt } from '../../core/sys/file.ts';
import type { Engine } from '../engine.ts';

/** Returns at once; that it worked shows only in the time that the runtime takes. */
export function warmCgroupLock(engine: Engine): void {
  const { manager, mode } = engine.cgroups;
  if (manager !== 'cgroupfs') return;
  const fd = tryOpenAt(AT_FDCWD, `${ownCgroup(mode === 'v2')}/cgroup.procs`, O.WRONLY);
  // Not visible from here, as inside some containers: then the runtime waits as it always did.
  if (fd < 0) return;
  write(fd, String(process.pid), () => close(fd));
}

/** Any hierarchy serves: they share the lock. v1's `freezer` is there wherever containers are. */
function ownCgroup(unified: boolean): string {
  const groups = readFileSync('/proc/self/cgroup', 'latin1');
  const [, path = '/'] = (unified ? /^0::(.*)$/m : /^\d+:freezer:(.*)$/m).exec(groups) ?? [];
  return unified ? `${CGROUP_ROOT}${path}` : `${CGROUP_ROOT}/freezer${path}`;
}
