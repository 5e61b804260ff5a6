/**
 * `--cgroups=split`: the service's own cgroup holds conmon in `supervisor` and the container in `proa-payload-ID`. So
 * systemd accounts for both, and limits of the unit hold for the container. Groups that have children with controllers hold
 * no processes themselves (cgroup-v2.rst, "No Internal Process Constraint"): we move, and conmon begins where we are.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { CGROUP_ROOT, type CgroupMode } from '../../core/cgroup-mode.ts';
import { messageOf, ProaError } from '../../core/error.ts';
import type { Engine } from '../engine.ts';

const SUPERVISOR = 'supervisor';

/** `linux.cgroupsPath` of a container that is started by this process. */
export function payloadPath(engine: Engine, id: string): string {
  return `${unitCgroup(engine.cgroups.mode)}/proa-payload-${id}`;
}

/** Moves this process, and with it all that it starts. @throws ProaError CGROUP_NOT_DELEGATED */
export function enterSupervisor(engine: Engine, name: string): void {
  const { mode } = engine.cgroups;
  const own = unitCgroup(mode);
  const user = engine.identity.rootless ? '--user ' : '';
  const hint = `Start it as a service with Delegate=yes, or: systemd-run ${user}--scope -p Delegate=yes proa start ${name}`;
  if (own === '') {
    const what = `start container ${name}: use --cgroups=split: we are in the root cgroup, which is no service’s`;
    throw new ProaError('CGROUP_NOT_DELEGATED', what, { hint });
  }
  try {
    for (const tree of treesOf(mode)) {
      const folder = `${tree}${own}/${SUPERVISOR}`;
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${folder}/cgroup.procs`, String(process.pid));
    }
  } catch (cause) {
    const what = `start container ${name}: use --cgroups=split in ${own}: ${messageOf(cause)}`;
    throw new ProaError('CGROUP_NOT_DELEGATED', what, { cause, hint });
  }
}

/** Our cgroup, also when it was split before: cgroups(7), "/proc/PID/cgroup". `''` is the root. */
function unitCgroup(mode: CgroupMode): string {
  const text = readFileSync('/proc/self/cgroup', 'utf8');
  const [, path = ''] = (mode === 'v2' ? /^0::\/(.*)$/m : /^\d+:name=systemd:\/(.*)$/m).exec(text) ?? [];
  const own = path === SUPERVISOR ? '' : path.replace(/\/supervisor$/, '');
  return own === '' ? '' : `/${own}`;
}

/** Those in which systemd keeps its services: beside v1 trees the one of its name, and the v2 tree. */
function treesOf(mode: CgroupMode): string[] {
  if (mode === 'v2') return [CGROUP_ROOT];
  return [`${CGROUP_ROOT}/systemd`, ...(mode === 'hybrid' ? [`${CGROUP_ROOT}/unified`] : [])];
}
