/**
 * `system migrate`: what Podman's does that has a meaning here. Records carry a version of their own, so a new Proa reads
 * old ones as they are.
 */
import { ProaError } from '../../core/error.ts';
import { selectRuntime } from '../../oci/runtime/select.ts';
import { stopUserNamespace } from '../../rootless/user-namespace.ts';
import {
  type Container,
  listContainers,
  lockContainer,
  readContainer,
  writeConfig,
} from '../../storage/containers.ts';
import { isRunning } from '../container/state.ts';
import type { Engine } from '../engine.ts';

export interface Migrated {
  /** How many containers have the new runtime from their next start on. */
  containers: number;
  /** A user's namespace was ended: the next command makes one with the ids that /etc/subuid gives by now. */
  userNamespace: boolean;
}

/**
 * @param runtime what containers are to run with from their next start on; nothing changes without
 * @throws ProaError PROGRAM_MISSING for the runtime; RUNNING when containers of a user hold the user's namespace
 */
export async function migrateSystem(engine: Engine, runtime: string | undefined): Promise<Migrated> {
  const { store, identity } = engine;
  if (runtime !== undefined) selectRuntime({ configured: runtime });
  const containers = listContainers(store);
  if (identity.rootless) refuseRunning(containers);
  let changed = 0;
  if (runtime !== undefined)
    for (const { config } of containers) changed += await setRuntime(engine, config.id, runtime);
  if (identity.rootless) stopUserNamespace({ runRoot: store.runRoot });
  return { containers: changed, userNamespace: identity.rootless };
}

/** @returns how many were changed */
async function setRuntime({ store }: Engine, id: string, runtime: string): Promise<0 | 1> {
  using _ = await lockContainer(store, id);
  const container = readContainer(store, id);
  if (container === undefined || container.config.runtime === runtime) return 0;
  writeConfig(store, { ...container.config, runtime });
  return 1;
}

function refuseRunning(containers: readonly Container[]): void {
  const running = containers.filter(({ state }) => isRunning(state)).map(({ config }) => config.name);
  if (running.length === 0) return;
  throw new ProaError('RUNNING', `migrate: containers run: ${running.join(', ')}`, {
    hint: `They hold the user namespace that is to be made anew: proa stop ${running.join(' ')}`,
  });
}
