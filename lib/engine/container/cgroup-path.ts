/** Where a container's cgroup is. */
import { readFileSync } from 'node:fs';
import type { CgroupManager } from '../../core/cgroup-mode.ts';
import { ProaError } from '../../core/error.ts';
import { cgroupPath } from '../../rootless/cgroups.ts';
import type { ContainerConfig } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';

type Config = Pick<ContainerConfig, 'id' | 'cgroupParent' | 'cgroupMode'>;

/** Its cgroup is below that of the service which starts it. */
export function isSplit(engine: Engine, { cgroupMode }: Pick<Config, 'cgroupMode'>): boolean {
  return cgroupMode === 'split' && engine.cgroups.manager !== 'disabled';
}

/** Of a container that runs: `/machine.slice/proa-ID.scope`, in the tree that systemd counts in where there are several. */
export function presentCgroupPath(pid: number, id: string): string | undefined {
  const text = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  const paths = Array.from(text.matchAll(/^(?:0:|\d+:name=systemd):(\/.*)$/gm), ([, path]) => path!);
  const path = paths.find((each) => each.includes(id));
  const end = path?.indexOf('/', path.lastIndexOf(id)) ?? -1;
  return end < 0 ? path : path!.slice(0, end);
}

/** `linux.cgroupsPath`; undefined when the container has no cgroup of its own, or one that only its service knows. */
export function containerCgroupPath(engine: Engine, config: Config): string | undefined {
  if (config.cgroupMode === 'disabled' || config.cgroupMode === 'split') return undefined;
  const { cgroupParent: parent } = config;
  return cgroupPath(engine.cgroups.manager, config.id, {
    parent: parent?.endsWith('.slice') ? parent : absolute(parent),
    rootless: engine.identity.rootless,
  });
}

function absolute(parent: string | undefined): string | undefined {
  return parent === undefined || parent.startsWith('/') ? parent : `/${parent}`;
}

/**
 * Refuses what this machine cannot do, and says what has no effect on it.
 * @throws ProaError CONFLICTING_OPTIONS, INVALID_CGROUP_PARENT
 */
export function cgroupWarnings(engine: Engine, config: Omit<Config, 'id'>): string[] {
  const { cgroupMode: how, cgroupParent: parent } = config;
  const { manager, reason } = engine.cgroups;
  if (parent !== undefined && (how === 'disabled' || how === 'split')) {
    throw new ProaError('CONFLICTING_OPTIONS', `conflicting options: --cgroup-parent and --cgroups=${how}`);
  }
  if (parent !== undefined) checkParent(parent, manager);
  if (manager !== 'disabled') return [];
  const useless = [
    ...(parent === undefined ? [] : ['--cgroup-parent']),
    ...(how === 'split' ? ['--cgroups=split'] : []),
  ];
  return useless.map((option) => `${option} has no effect: ${reason ?? 'this host has no cgroups for it'}`);
}

/** systemd knows slices, and the runtimes make slices of nobody else's. */
function checkParent(parent: string, manager: CgroupManager): void {
  const isSlice = parent.endsWith('.slice');
  if (manager === 'disabled' || isSlice === (manager === 'systemd')) return;
  const [why, hint] = isSlice
    ? ['a slice is systemd’s, and the cgroup manager is cgroupfs', '--cgroup-manager=systemd, or a path']
    : [
        'the cgroup manager is systemd, which knows slices',
        '--cgroup-parent=NAME.slice, or --cgroup-manager=cgroupfs',
      ];
  throw new ProaError('INVALID_CGROUP_PARENT', `use --cgroup-parent ${parent}: ${why}`, { hint });
}
