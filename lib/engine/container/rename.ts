/** `rename`: another name for a container. */
import { ProaError } from '../../core/error.ts';
import type { NetworkStatus } from '../../netns/status.ts';
import { lockContainer, readContainer, writeConfig } from '../../storage/containers.ts';
import { claimName, releaseName, validateName } from '../../storage/names.ts';
import type { Engine } from '../engine.ts';
import { tellContainer } from '../events.ts';
import { onHostNetwork } from '../network/host-network.ts';
import { hasLivingProcess } from './state.ts';

/**
 * The new name is claimed before the record changes and the old one given up after, so at every moment the name on
 * record leads to the container.
 * @throws ProaError INVALID_NAME, NAME_IN_USE, SAME_NAME
 */
export async function renameContainer(engine: Engine, id: string, name: string): Promise<void> {
  const { store } = engine;
  validateName(name);
  using _ = await lockContainer(store, id);
  const container = readContainer(store, id);
  if (container === undefined) {
    throw new ProaError('CONTAINER_NOT_FOUND', `rename container ${id.slice(0, 12)}: no such container`);
  }
  const { config } = container;
  if (config.name === name) {
    throw new ProaError('SAME_NAME', `rename container ${name}: that is its name already`);
  }
  await claimName(store, name, id);
  try {
    writeConfig(store, { ...config, name });
  } catch (error) {
    releaseName(store, name, id);
    throw error;
  }
  releaseName(store, config.name, id);
  const status = container.state.network as unknown as NetworkStatus | undefined;
  if (status?.resolvesAll && hasLivingProcess(container.state))
    await onHostNetwork(engine, 'announce', { config: { ...config, name }, status });
  tellContainer(store, { ...config, name }, 'rename', { oldName: `/${config.name}` });
}
