/** Resource limits: what was asked for, and what this host's cgroups can hold of it. */
import { makeResources } from '../../oci/model/runtime-spec/resources.ts';
import type { Resources } from '../../oci/model/runtime-spec/types.ts';
import { supportedResources } from '../../rootless/cgroups.ts';
import type { ContainerConfig } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';

/** Which option asks for what a controller would have to hold. */
const OPTIONS: Readonly<Record<string, keyof ContainerConfig['resources']>> = {
  memory: 'memory',
  cpu: 'cpus',
  pids: 'pidsLimit',
};
const FLAGS: Readonly<Record<keyof ContainerConfig['resources'], string>> = {
  memory: '--memory',
  cpus: '--cpus',
  pidsLimit: '--pids-limit',
};

/** `linux.resources` as far as this host can hold it. */
export function containerResources(engine: Engine, wanted: ContainerConfig['resources']): Resources {
  return split(engine, wanted).resources;
}

/** One line for each limit that was asked for and cannot be held here. @throws ProaError INVALID_LIMIT */
export function limitWarnings(engine: Engine, wanted: ContainerConfig['resources']): string[] {
  const { reason } = engine.cgroups;
  const dropped = split(engine, wanted).dropped;
  return dropped
    .map((controller) => OPTIONS[controller])
    .filter((name) => name !== undefined && wanted[name] !== undefined)
    .map(
      (name) => `${FLAGS[name!]} has no effect: ${reason ?? 'this kernel has no cgroup controller for it'}`,
    );
}

function split(
  engine: Engine,
  wanted: ContainerConfig['resources'],
): { resources: Resources; dropped: string[] } {
  const { manager, mode, swap, controllers } = engine.cgroups;
  const resources = makeResources(wanted, { cgroup: mode, swap });
  return supportedResources(resources, manager === 'disabled' ? new Set() : controllers);
}
