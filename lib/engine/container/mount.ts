/** `mount` and `unmount`: a container's files in a folder of the host, whether or not it runs. */
import { ProaError } from '../../core/error.ts';
import {
  type Container,
  type ContainerConfig,
  listContainers,
  lockContainer,
  mergedPath,
  readContainer,
  shownPath,
} from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { requireVisibility } from '../visibility.ts';
import { hideRoot, isShown, showRoot } from './root-mount.ts';
import { hasLivingProcess } from './state.ts';

export interface MountedContainer {
  config: ContainerConfig;
  path: string;
}

/**
 * Shows a container's root, without its volumes, until {@link unmountContainer} or its removal.
 * @param id a full id
 * @returns where
 * @throws ProaError NOT_VISIBLE to a user, whose shell would not see it
 */
export async function mountContainer(engine: Engine, id: string): Promise<string> {
  requireVisibility(engine, 'mount container');
  using _ = await lockContainer(engine.store, id);
  const { config, state } = existing(engine, id);
  return showRoot(engine.store, config, hasLivingProcess(state));
}

/** Ends it. A container that is not shown is left as it is. */
export async function unmountContainer(engine: Engine, id: string): Promise<void> {
  using _ = await lockContainer(engine.store, id);
  existing(engine, id);
  hideRoot(engine.store, id);
}

/** Containers whose files are in a folder of the host: those that `mount` shows, and those that run. */
export function listMounted({ store }: Engine): MountedContainer[] {
  return listContainers(store).flatMap(({ config, state }) => {
    if (isShown(store, config.id)) return [{ config, path: shownPath(store, config.id) }];
    return hasLivingProcess(state) ? [{ config, path: config.rootfs ?? mergedPath(store, config.id) }] : [];
  });
}

function existing({ store }: Engine, id: string): Container {
  const container = readContainer(store, id);
  if (container !== undefined) return container;
  throw new ProaError('CONTAINER_NOT_FOUND', `find container ${id.slice(0, 12)}: no such container`);
}
