/** Where a container's cgroup is. */
import { ProaError } from '../../core/error.ts';
import { cgroupPath } from '../../rootless/cgroups.ts';
import type { ContainerConfig } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';

type Config = Pick<ContainerConfig, 'id' | 'cgroupParent' | 'cgroupMode'>;

/** `linux.cgroupsPath`; undefined when the container has no cgroup of its own. */
export function containerCgroupPath(engine: Engine, config: Config): string | undefined {
  if (config.cgroupMode === 'disabled') return undefined;
  const { cgroupParent: parent } = config;
  return cgroupPath(
    engine.cgroups.manager,
    config.id,
    parent?.endsWith('.slice') ? parent : absolute(parent),
  );
}

function absolute(parent: string | undefined): string | undefined {
  return parent === undefined || parent.startsWith('/') ? parent : `/${parent}`;
}

/**
 * Refuses what this machine cannot do, and says what has no effect on it.
 * @throws ProaError CONFLICTING_OPTIONS, CGROUPS_UNSUPPORTED
 */
export function cgroupWarnings(engine: Engine, config: Omit<Config, 'id'>): string[] {
  const { cgroupMode: how, cgroupParent: parent } = config;
  const { manager, reason } = engine.cgroups;
  if (parent !== undefined && (how === 'disabled' || how === 'split')) {
    throw new ProaError('CONFLICTING_OPTIONS', `conflicting options: --cgroup-parent and --cgroups=${how}`);
  }
  if (how === 'split') {
    throw new ProaError(
      'CGROUPS_UNSUPPORTED',
      'use --cgroups=split: Proa moves none of its own processes into another cgroup',
      {
        hint: "give the container's cgroup a place instead: --cgroup-parent=/that/of/the/unit",
      },
    );
  }
  if (parent === undefined || manager !== 'disabled') return [];
  return [`--cgroup-parent has no effect: ${reason ?? 'this host has no cgroups for it'}`];
}
