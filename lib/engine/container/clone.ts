/** `container clone`: a new container that is asked for as another one was. */
import { hasCode, ProaError } from '../../core/error.ts';
import type { Lock } from '../../core/lock.ts';
import type { LimitOptions } from '../../oci/model/runtime-spec/resources.ts';
import {
  type ContainerConfig,
  newContainerId,
  publishContainer,
  readContainer,
  stageContainer,
} from '../../storage/containers.ts';
import type { ImageRecord } from '../../storage/images.ts';
import { LayerLease } from '../../storage/layers.ts';
import { claimName, releaseName, validateName } from '../../storage/names.ts';
import type { Store } from '../../storage/store.ts';
import type { Engine } from '../engine.ts';
import { containerResources, limitWarnings } from './limits.ts';

export interface CloneRequest {
  /** Left out: the original's with `-clone` behind it, and a number where that is taken. */
  name?: string | undefined;
  /** Instead of the original's. */
  image?: { record: ImageRecord; name: string } | undefined;
  /** Members that are there replace the original's. */
  resources: LimitOptions;
}

/**
 * The clone has the original's settings and volumes, and none of its files: it begins with its image. The caller holds
 * the returned lock, so that a start can follow with nothing in between.
 * @throws ProaError CONTAINER_NOT_FOUND, NAME_IN_USE, INVALID_NAME, INVALID_LIMIT, LAYER_MISSING
 */
export async function cloneContainer(
  engine: Engine,
  original: string,
  request: CloneRequest,
): Promise<{ config: ContainerConfig; lock: Lock; warnings: string[] }> {
  const { store } = engine;
  const found = readContainer(store, original);
  if (found === undefined) {
    throw new ProaError('CONTAINER_NOT_FOUND', `clone container ${original.slice(0, 12)}: no such container`);
  }
  const { config } = found;
  if (request.name !== undefined) validateName(request.name);
  const resources = { ...config.resources, ...request.resources };
  const warnings = limitWarnings(engine, request.resources);
  // Refuses what contradicts itself before anything is made.
  containerResources(engine, resources);
  const source = request.image;
  const diffIds = source?.record.diffIds ?? config.diffIds;

  using lease = new LayerLease();
  for (const diffId of diffIds) {
    if (await lease.add(store, diffId)) continue;
    throw new ProaError('LAYER_MISSING', `clone container ${config.name}: layer ${diffId} is gone`);
  }
  const id = newContainerId();
  using staging = stageContainer(store, id);
  const name = await claimCloneName(store, config.name, request.name, id);
  try {
    if (config.secrets !== undefined) {
      const { copyTakenSecrets } = await import('../secret/take.ts');
      copyTakenSecrets(store, original, staging.path);
    }
    const clone: ContainerConfig = {
      ...config,
      id,
      name,
      created: new Date().toISOString(),
      ...(source && { image: { id: source.record.id, name: source.name } }),
      diffIds: [...diffIds],
      // Nobody gave it one: it is named after its id.
      hostname: config.hostname === original.slice(0, 12) ? id.slice(0, 12) : config.hostname,
      resources,
    };
    return { config: clone, lock: publishContainer(store, staging, clone), warnings };
  } catch (error) {
    releaseName(store, name, id);
    throw error;
  }
}

async function claimCloneName(
  store: Store,
  original: string,
  wanted: string | undefined,
  id: string,
): Promise<string> {
  for (let number = 0; ; number++) {
    const name = wanted ?? `${original}-clone${number || ''}`;
    try {
      await claimName(store, name, id);
      return name;
    } catch (error) {
      if (wanted !== undefined || !hasCode(error, 'NAME_IN_USE')) throw error;
    }
  }
}
