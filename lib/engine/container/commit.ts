/**
 * `commit`: what a container changed becomes a layer, and that and its settings an image. The upper folder is written as
 * a tar, whiteouts spelled as layers spell them, and unpacked like any other layer's: so the new layer has its recipe, its
 * digest is of the very bytes that `save` and `push` will send, and it appears whole or not at all.
 */
import { addContext, hasCode, ProaError } from '../../core/error.ts';
import { close, O, tryOpenAt } from '../../core/sys/file.ts';
import { check } from '../../core/sys/libc.ts';
import { span } from '../../core/trace.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { sha256Digest } from '../../oci/model/digest.ts';
import { type HistoryEntry, type ImageConfig, serializeImageConfig } from '../../oci/model/image-config.ts';
import { hostPlatform } from '../../oci/model/platform.ts';
import type { Reference } from '../../oci/model/reference.ts';
import { type ContainerConfig, containerPath, readContainer } from '../../storage/containers.ts';
import { readImage, readImageConfig } from '../../storage/images.ts';
import { LayerLease, lowerDirs, readLayer, syncLayers } from '../../storage/layers.ts';
import { isKeptXattr } from '../../storage/tar/attributes.ts';
import { type Member, TreeWalk } from '../../storage/tar/walk.ts';
import { upperChanges } from '../../storage/upper.ts';
import { layerMembers } from '../../storage/upper-members.ts';
import type { Engine } from '../engine.ts';
import { publishLayer } from '../image/new-layer.ts';
import { type ManifestKind, plainManifest } from '../image/new-manifest.ts';
import { storeImage } from '../image/store-image.ts';
import { giveBackRoom } from '../image/sweep.ts';
import { committedDefaults } from './commit-config.ts';
import { pauseContainer, unpauseContainer } from './pause.ts';
import { openRootView } from './root-view.ts';
import { isRunning } from './state.ts';

export interface CommitRequest {
  name?: Reference;
  author?: string;
  message?: string;
  /** Dockerfile instructions (see changes.ts). */
  changes: readonly string[];
  /** Whether its processes stand still meanwhile; `try` goes on where they cannot be stopped. */
  pause: 'yes' | 'no' | 'try';
  /** One layer of all that it sees, instead of one more on its image's. */
  squash: boolean;
  /** Its own volumes become the image's. */
  includeVolumes: boolean;
  format: ManifestKind;
}

/**
 * @param id a full id
 * @returns the new image's id
 * @throws ProaError INVALID_CHANGE, LAYER_MISSING, ENOSPC, …
 */
export async function commitContainer(engine: Engine, id: string, request: CommitRequest): Promise<Digest> {
  using _ = span('commit');
  const { store } = engine;
  const container = readContainer(store, id);
  if (container === undefined)
    throw new ProaError('CONTAINER_NOT_FOUND', `find container ${id.slice(0, 12)}: no such container`);
  const { config } = container;
  const base = config.image && readImage(store, config.image.id) && readImageConfig(store, config.image);
  // Before any work: a misspelt instruction.
  const defaults = committedDefaults(config, base?.config, request);
  using lease = new LayerLease();
  // Its image may be removed meanwhile, and itself.
  for (const diffId of config.diffIds) await lease.add(store, diffId);
  let diffId: Digest;
  try {
    await using _paused = await holdStill(engine, id, request.pause);
    diffId = await commitLayer(engine, config, request.squash, lease);
    // What was read may be what a removal had left of it by then.
    if (readContainer(store, id) === undefined)
      throw new ProaError('CONTAINER_GONE', 'it was removed meanwhile');
  } catch (error) {
    throw addContext(error, `commit container ${config.name}`);
  }
  const created = new Date().toISOString();
  const step: HistoryEntry = {
    created,
    created_by: [...config.entrypoint, ...config.command].join(' '),
    ...(request.author && { author: request.author }),
    ...(request.message && { comment: request.message }),
  };
  const whole = request.squash || config.rootfs !== undefined;
  const diffIds = whole ? [diffId] : [...config.diffIds, diffId];
  const { os, architecture, variant } = base ?? hostPlatform();
  const image: ImageConfig = {
    created,
    ...(request.author && { author: request.author }),
    architecture,
    os,
    ...(variant && { variant }),
    config: defaults,
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: whole ? [step] : [...(base?.history ?? []), step],
  };
  const configBytes = serializeImageConfig(image);
  const layers = diffIds.map((digest) => ({ digest, size: readLayer(store, digest)?.plainSize ?? 0 }));
  const manifest = plainManifest(sha256Digest(configBytes), configBytes.length, layers, request.format);
  try {
    syncLayers(store, [diffId]);
    const names = request.name === undefined ? [] : [request.name];
    // A squashed image needs nothing of the one below it.
    const parent = whole || base === undefined ? undefined : config.image?.id;
    return (await storeImage(engine, { config: image, configBytes, manifest, names, parent })).image.id;
  } catch (error) {
    giveBackRoom(engine, lease, [diffId], error);
    throw error;
  }
}

/** Makes the new layer and publishes it, leased. */
async function commitLayer(
  engine: Engine,
  config: ContainerConfig,
  squash: boolean,
  lease: LayerLease,
): Promise<Digest> {
  const { store } = engine;
  using resources = new DisposableStack();
  const walk = new TreeWalk({ xattrs: isKeptXattr });
  let members: Iterable<Member>;
  if (squash || config.rootfs !== undefined) {
    const view = resources.use(await openRootView(engine, config.id, { mounts: false }));
    const fd = check(tryOpenAt(view.fd, '.', O.PATH), 'open', 'root');
    resources.defer(() => close(fd));
    members = walk.members(fd, '');
  } else {
    const upper = `${containerPath(store, config.id)}/upper`;
    const options = { xattrPrefix: store.xattrPrefix, forLayer: true };
    members = layerMembers(upperChanges(upper, lowerDirs(store, config.diffIds), options), walk);
  }
  return await publishLayer(engine, members, lease);
}

/** Stops the container's processes until disposed. One at rest, or paused by somebody else, stays as it is. */
async function holdStill(
  engine: Engine,
  id: string,
  pause: CommitRequest['pause'],
): Promise<AsyncDisposable> {
  const nothing = { [Symbol.asyncDispose]: async () => {} };
  const state = readContainer(engine.store, id)?.state;
  if (pause === 'no' || state === undefined || !isRunning(state) || state.status === 'paused') return nothing;
  try {
    await pauseContainer(engine, id);
  } catch (error) {
    // It ended or was paused in this moment; or a user has no cgroup to freeze, and did not ask for it.
    if (hasCode(error, 'NOT_RUNNING', 'PAUSED') || pause === 'try') return nothing;
    throw error;
  }
  return {
    async [Symbol.asyncDispose]() {
      try {
        await unpauseContainer(engine, id);
      } catch (error) {
        if (!hasCode(error, 'NOT_RUNNING', 'NOT_PAUSED', 'ENOENT')) throw error;
      }
    },
  };
}
