/** `diff`: what a container changed in its image's files, or an image in those of the one below. */
import { hasCode, ProaError } from '../../core/error.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { containerPath, readContainer, resolveContainer } from '../../storage/containers.ts';
import { findImage } from '../../storage/images.ts';
import { layerDiffPath, lowerDirs, requireLayers } from '../../storage/layers.ts';
import { type UpperChange, upperChanges } from '../../storage/upper.ts';
import type { Engine } from '../engine.ts';

/** Docker's letters: C changed, A added, D deleted. */
export interface FileChange {
  kind: 'C' | 'A' | 'D';
  /** From `/`. */
  path: string;
}

const LETTERS: Readonly<Record<Exclude<UpperChange['kind'], 'opaque'>, FileChange['kind']>> = {
  changed: 'C',
  added: 'A',
  deleted: 'D',
};

/** What is compared: a folder of changes and the layers that it lies on. */
interface Stack {
  upper: string;
  /** Bottom first. */
  below: Digest[];
}

/**
 * The changes, folders before what is in them, in the order of the names' bytes.
 * @param text a container, else an image, by name or id
 * @param parent what to compare with: the container's image or the image that is made of all layers but the last
 * @throws ProaError NO_SUCH_OBJECT, LAYER_MISSING, NOT_LAYERED
 */
export function* listChanges(engine: Engine, text: string, parent?: string): Generator<FileChange> {
  const { store } = engine;
  const stack = stackOf(engine, text);
  if (parent !== undefined) requireParent(engine, text, stack, parent);
  requireLayers(store, stack.below);
  const options = { xattrPrefix: store.xattrPrefix, forLayer: false };
  for (const { kind, path } of upperChanges(stack.upper, lowerDirs(store, stack.below), options)) {
    if (kind !== 'opaque') yield { kind: LETTERS[kind], path: `/${Buffer.from(path, 'latin1').toString()}` };
  }
}

function stackOf(engine: Engine, text: string): Stack {
  const { store } = engine;
  const id = containerId(engine, text);
  if (id !== undefined) {
    const { config } = readContainer(store, id)!;
    if (config.rootfs === undefined) {
      return { upper: `${containerPath(store, id)}/upper`, below: config.diffIds };
    }
    throw new ProaError(
      'NOT_LAYERED',
      `compare container ${config.name}: it lives in ${config.rootfs}, which keeps no changes`,
    );
  }
  const image = findImage(store, text);
  if (image === undefined) throw new ProaError('NO_SUCH_OBJECT', `find ${text}: no such container or image`);
  const top = image.diffIds.at(-1);
  if (top === undefined) throw new ProaError('NOT_LAYERED', `compare image ${text}: it has no files`);
  return { upper: layerDiffPath(store, top), below: image.diffIds.slice(0, -1) };
}

function containerId({ store }: Engine, text: string): string | undefined {
  try {
    return resolveContainer(store, text);
  } catch (error) {
    if (hasCode(error, 'CONTAINER_NOT_FOUND')) return undefined;
    throw error;
  }
}

function requireParent(engine: Engine, text: string, stack: Stack, parent: string): void {
  const image = findImage(engine.store, parent);
  if (image === undefined) throw new ProaError('IMAGE_NOT_FOUND', `find image ${parent}: no such image`);
  if (image.diffIds.join() === stack.below.join()) return;
  throw new ProaError('NOT_PARENT', `compare ${text} with ${parent}: it was not made directly from it`, {
    hint: `proa diff ${text}`,
  });
}
