/** A container whose first process is systemd (systemd.io, "Container Interface"); its mounts are in spec.ts. */
import { basename } from 'node:path/posix';
import { CGROUP_ROOT } from '../../core/cgroup-mode.ts';
import { bindMount } from '../../oci/model/runtime-spec/mount-options.ts';
import type { Mount } from '../../oci/model/runtime-spec/types.ts';
import { cgroupFolder } from '../../rootless/cgroups.ts';
import type { ContainerConfig } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';

/** systemd(1), "Signals": the one that makes it shut down. */
export const SYSTEMD_STOP_SIGNAL = 'SIGRTMIN+3';

/** `--systemd`: `always`, or only when the program is systemd or an init of its name. */
export function wantsSystemd(wanted: boolean | 'always' | undefined, program: string): boolean {
  if (wanted === 'always') return true;
  return (
    wanted === true && (/^(\/usr(\/local)?)?\/sbin\/init$/.test(program) || basename(program) === 'systemd')
  );
}

/** What systemd wants to know of where it is. */
export function systemdEnv(id: string): string[] {
  return ['container=oci', `container_uuid=${id.slice(0, 32)}`];
}

/**
 * Systemd puts its services into cgroups below its own, so that has to be writable: on v2 the tree as the container sees
 * it; on v1 its part of the hierarchy of systemd's name, which the runtimes show read-only.
 * @param path `linux.cgroupsPath`
 */
export function systemdCgroupMounts(
  engine: Engine,
  config: ContainerConfig,
  path: string | undefined,
): Mount[] {
  const { mode, manager } = engine.cgroups;
  if (path === undefined || config.privileged) return [];
  const options = ['nosuid', 'noexec', 'nodev'];
  if (config.mounts.some(({ destination }) => /^\/sys(\/fs(\/cgroup)?)?$/.test(destination))) return [];
  if (mode === 'v2') {
    const all = ['rprivate', ...options, 'relatime', 'rw'];
    return [{ destination: CGROUP_ROOT, type: 'cgroup', source: 'cgroup', options: all }];
  }
  const folder = cgroupFolder(manager, path);
  // Without the v2 tree beside it, systemd does not always hear that a service's last process has ended.
  const trees = ['systemd', ...(mode === 'hybrid' ? ['unified'] : [])].map(
    (tree) => `${CGROUP_ROOT}/${tree}`,
  );
  return trees.map((tree) => bindMount({ source: `${tree}${folder}`, destination: tree, options }));
}
