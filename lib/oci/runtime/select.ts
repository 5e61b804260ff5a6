/**
 * Which OCI runtime runs the containers. crun comes first, as it starts a container in a third of runc's time; runc
 * serves where crun is not there or refuses the host's cgroups.
 */
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
  const refuses = crunRefuses(options.cgroupRoot);
  for (const name of refuses ? ['runc'] : ['crun', 'runc']) {
    const path = tryFindProgram(name);
    if (path !== undefined) return { name, path, kind: kindOf(path) };
  }
  if (!refuses) throw missingProgram('crun', 'runc');
  throw new ProaError(
    'PROGRAM_MISSING',
    'find runc: not installed, and crun refuses the hybrid cgroups of this host',
    {
      hint: 'apt-get install runc, or start the kernel with systemd.unified_cgroup_hierarchy=1',
    },
  );
}

/**
 * True where crun gives up with "cgroups in hybrid mode not supported, drop all controllers from cgroupv2". It does so
 * for root and for users, with every `--cgroup-manager`, as soon as a v2 tree stands beside v1 trees and the file
 * `unified/cgroup.controllers` is not empty (crun, src/libcrun/cgroup.c, libcrun_cgroup_enter).
 */
export function crunRefuses(cgroupRoot = CGROUP_ROOT): boolean {
  return unifiedControllers(`${cgroupRoot}/unified`).length > 0 && cgroupMode(cgroupRoot) === 'hybrid';
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
