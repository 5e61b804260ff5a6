/**
 * Which OCI runtime runs the containers. crun comes first, as it starts a container in a third of runc's time; runc
 * serves where crun is not there or refuses the host's cgroups.
 */
import { readFileSync } from 'node:fs';
import { CGROUP_ROOT, type CgroupManager, cgroupMode, unifiedControllers } from '../../core/cgroup-mode.ts';
import { ProaError } from '../../core/error.ts';
import { findProgram, missingProgram, tryFindProgram } from '../../core/programs.ts';

/** What a runtime's command line is like. `other` is driven like runc, which all of them imitate. */
export type RuntimeKind = 'crun' | 'runc' | 'other';

export interface Runtime {
  /** As given with `--runtime`, or `crun`/`runc`: what `inspect` shows. */
  name: string;
  /** Absolute path. */
  path: string;
  kind: RuntimeKind;
}

export interface SelectOptions {
  /** `--runtime` or the configuration: a name, or a path with a slash. It alone counts. */
  configured?: string | undefined;
  /** Where the cgroups are mounted; only a test gives another place. */
  cgroupRoot?: string;
}

/**
 * @throws ProaError PROGRAM_MISSING when the configured one, or when both crun and runc are not installed. Where crun
 * refuses and runc is not installed, the error names runc alone.
 */
export function selectRuntime(options: SelectOptions = {}): Runtime {
  const { configured } = options;
  if (configured !== undefined) {
    const path = findProgram(configured, { configured });
    return { name: configured, path, kind: kindOf(path) };
  }
  const refusal = crunRefusal(options.cgroupRoot);
  for (const name of refusal === undefined ? ['crun', 'runc'] : ['runc']) {
    const path = tryFindProgram(name);
    if (path !== undefined) return { name, path, kind: kindOf(path) };
  }
  if (refusal === undefined) throw missingProgram('crun', 'runc');
  throw new ProaError('PROGRAM_MISSING', `find runc: not installed, and ${refusal.why}`, {
    hint: `apt-get install runc, or ${refusal.cure}`,
  });
}

/** Why crun cannot run a container here, and what would change that. */
export interface Refusal {
  why: string;
  cure: string;
}

/** Undefined where crun works. */
export function crunRefusal(cgroupRoot = CGROUP_ROOT): Refusal | undefined {
  if (refusesHybrid(cgroupRoot)) {
    const cure = 'start the kernel with systemd.unified_cgroup_hierarchy=1';
    return { why: 'crun refuses the hybrid cgroups of this host', cure };
  }
  if (!refusesLimit(cgroupRoot)) return undefined;
  const cure = 'give this machine CAP_SYS_RESOURCE, or an unlimited RLIMIT_MEMLOCK';
  return { why: 'crun refuses to work without CAP_SYS_RESOURCE on cgroup v2', cure };
}

export function crunRefuses(cgroupRoot = CGROUP_ROOT): boolean {
  return crunRefusal(cgroupRoot) !== undefined;
}

/**
 * True where crun gives up with "cgroups in hybrid mode not supported, drop all controllers from cgroupv2". It does so
 * for root and for users, with every `--cgroup-manager`, as soon as a v2 tree stands beside v1 trees and the file
 * `unified/cgroup.controllers` is not empty (crun, src/libcrun/cgroup.c, libcrun_cgroup_enter).
 */
function refusesHybrid(cgroupRoot: string): boolean {
  return unifiedControllers(`${cgroupRoot}/unified`).length > 0 && cgroupMode(cgroupRoot) === 'hybrid';
}

const CAP_SYS_RESOURCE = 24n;

/**
 * True where crun gives up with "setrlimit (RLIMIT_MEMLOCK): Operation not permitted". On v2 it lifts the limit of locked
 * memory before it loads a device filter, though kernels since 5.11 do not count that (crun, src/libcrun/ebpf.c). In a
 * container root may lack the right to; root of a user namespace has it in its own, and for that crun needs no filter.
 */
function refusesLimit(cgroupRoot: string): boolean {
  if (cgroupMode(cgroupRoot) !== 'v2') return false;
  const mask = /^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0';
  if (BigInt(`0x${mask}`) & (1n << CAP_SYS_RESOURCE)) return false;
  return !/^Max locked memory +\S+ +unlimited/m.test(readFileSync('/proc/self/limits', 'latin1'));
}

/**
 * The runtime's global options for a cgroup manager. runc has no word for `disabled`: in a user namespace it tries,
 * and goes on without cgroups when it may not (libcontainer's rootless manager).
 */
export function cgroupArguments(kind: RuntimeKind, manager: CgroupManager): string[] {
  if (manager === 'systemd') return ['--systemd-cgroup'];
  return manager === 'disabled' && kind === 'crun' ? ['--cgroup-manager=disabled'] : [];
}

function kindOf(path: string): RuntimeKind {
  const base = path.slice(path.lastIndexOf('/') + 1);
  if (base.startsWith('crun')) return 'crun';
  return base.startsWith('runc') ? 'runc' : 'other';
}
