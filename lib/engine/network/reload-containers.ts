/** `network reload` of a store: see reload.ts for what comes back. */
import { listContainers } from '../../storage/containers.ts';
import { hasLivingProcess } from '../container/state.ts';
import type { Engine } from '../engine.ts';
import { attachmentsOf } from './attachments.ts';
import { onHostNetwork } from './host-network.ts';

/** @returns the ids of the running containers on networks */
export async function reloadContainerNetworks(engine: Engine): Promise<{ running: string[] }> {
  const running = listContainers(engine.store, [])
    .filter(({ config, state }) => hasLivingProcess(state) && attachmentsOf(config).length > 0)
    .map(({ config }) => config.id);
  if (running.length > 0) await onHostNetwork(engine, 'reload', {});
  return { running };
}
