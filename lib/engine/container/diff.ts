/** `diff`: what a container changed in its image's files, or an image in those of the one below. */
import { hasCode, ProaError } from '../../core/error.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { containerPath, readContainer, resolveContainer } from '../../storage/containers.ts';
import { findImage } from '../../storage/images.ts';
import { layerDiffPath, lowerDirs, requireLayers } from '../../storage/layers.ts';
import { mergedChanges } from '../../storage/merged-changes.ts';
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
  isContainer: boolean;
}

/**
 * The changes, folders before what is in them, in the order of the names' bytes.
 * @param text a container, else an image, by name or id
 * @param parent what to compare with: the container's image, or for an image any other one; without it, an image's last
 *   layer is compared with those below
 * @throws ProaError NO_SUCH_OBJECT, LAYER_MISSING, NOT_LAYERED
 */
export function* listChanges(engine: Engine, text: string, parent?: string): Generator<FileChange> {
  const { store } = engine;
  const stack = stackOf(engine, text);
  const base = parent === undefined ? stack.below : parentOf(engine, text, stack, parent);
  if (base.join() !== stack.below.join()) {
    requireLayers(store, [...stack.below, ...base]);
    const after = [stack.upper, ...lowerDirs(store, stack.below)];
    for (const { kind, path } of mergedChanges(after, lowerDirs(store, base), store.xattrPrefix))
      yield told(LETTERS[kind], path);
    return;
  }
  requireLayers(store, stack.below);
  const options = { xattrPrefix: store.xattrPrefix, forLayer: false };
  for (const { kind, path } of upperChanges(stack.upper, lowerDirs(store, stack.below), options)) {
    if (kind !== 'opaque') yield told(LETTERS[kind], path);
  }
}

function told(kind: FileChange['kind'], path: string): FileChange {
  return { kind, path: `/${Buffer.from(path, 'latin1').toString()}` };
}

function stackOf(engine: Engine, text: string): Stack {
  const { store } = engine;
  const id = containerId(engine, text);
  if (id !== undefined) {
    const { config } = readContainer(store, id)!;
    if (config.rootfs === undefined) {
      return { upper: `${containerPath(store, id)}/upper`, below: config.diffIds, isContainer: true };
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
  return { upper: layerDiffPath(store, top), below: image.diffIds.slice(0, -1), isContainer: false };
}

function containerId({ store }: Engine, text: string): string | undefined {
  try {
    return resolveContainer(store, text);
  } catch (error) {
    if (hasCode(error, 'CONTAINER_NOT_FOUND')) return undefined;
    throw error;
  }
}

/** The layers of what it is compared with. A container changes while we look, so only its own image will do. */
function parentOf({ store }: Engine, text: string, stack: Stack, parent: string): Digest[] {
  const image = findImage(store, parent);
  if (image === undefined) throw new ProaError('IMAGE_NOT_FOUND', `find image ${parent}: no such image`);
  if (!stack.isContainer || image.diffIds.join() === stack.below.join()) return image.diffIds;
  throw new ProaError('NOT_PARENT', `compare ${text} with ${parent}: it was not made directly from it`, {
    hint: `proa diff ${text}`,
  });
}
