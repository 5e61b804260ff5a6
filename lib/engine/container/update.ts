/** `update`: other limits and another restart policy for a container, also for one that runs. */
import { rmSync } from 'node:fs';
import { writeFile } from '../../core/atomic-file.ts';
import { ProaError } from '../../core/error.ts';
import type { LimitOptions } from '../../oci/model/runtime-spec/resources.ts';
import { runtimeUpdate } from '../../oci/runtime/runtime.ts';
import {
  bundlePath,
  type Container,
  lockContainer,
  type RestartPolicy,
  readContainer,
  writeConfig,
} from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { containerResources, limitWarnings } from './limits.ts';
import { containerRuntime } from './runtime.ts';
import { hasLivingProcess } from './state.ts';

/**
 * As many as a kernel can have (PID_MAX_LIMIT): no limit, said so that every runtime passes it on. crun writes -1 as it
 * is, which the kernel refuses.
 */
const MOST_PROCESSES = 4_194_304;

export interface ContainerChanges {
  /** Members that are there replace the container's own. */
  resources: LimitOptions;
  restart?: RestartPolicy | undefined;
}

/**
 * The cgroup changes first and the record after: what the kernel refuses is not on record, and a crash in between leaves
 * a record that the next start follows.
 * @returns warnings: limits that cannot be held here
 * @throws ProaError CONTAINER_NOT_FOUND, INVALID_LIMIT, CONFLICTING_OPTIONS, RUNTIME_FAILED
 */
export async function updateContainer(
  engine: Engine,
  id: string,
  { resources, restart }: ContainerChanges,
): Promise<string[]> {
  const { store } = engine;
  using _ = await lockContainer(store, id);
  const container = readContainer(store, id);
  if (container === undefined) {
    throw new ProaError('CONTAINER_NOT_FOUND', `update container ${id.slice(0, 12)}: no such container`);
  }
  const { config, state } = container;
  if (restart !== undefined && restart.name !== 'no' && config.autoRemove) {
    throw new ProaError(
      'CONFLICTING_OPTIONS',
      `update container ${config.name}: with --rm there is no restart policy`,
    );
  }
  const changed = {
    ...config,
    resources: { ...config.resources, ...resources },
    restart: restart ?? config.restart,
  };
  const warnings = limitWarnings(engine, resources);
  // Also where nothing runs: what contradicts itself is refused now and not at the next start.
  const limits = containerResources(engine, changed.resources);
  // A start leaves out the limit that there is not to be; here the old one has to go.
  const isUnlimited = resources.pidsLimit !== undefined && resources.pidsLimit <= 0;
  if (isUnlimited && engine.cgroups.controllers.has('pids')) limits.pids = { limit: MOST_PROCESSES };
  if (Object.keys(resources).length > 0 && hasLivingProcess(state))
    await applyLimits(engine, container, limits);
  writeConfig(store, changed);
  return warnings;
}

async function applyLimits(engine: Engine, { config, state }: Container, limits: object): Promise<void> {
  const file = `${bundlePath(engine.store, config.id)}/update.json`;
  writeFile(file, JSON.stringify(limits), { mode: 0o600 });
  try {
    await runtimeUpdate(containerRuntime(engine, config, state), config.id, file);
  } finally {
    rmSync(file, { force: true });
  }
}
