/** Where `--from=` of COPY and of a mount leads: a named context, a stage, an image, or without it the build's context. */

import type { Stage } from '../../build/dockerfile/ast.ts';
import type { Digest } from '../../oci/model/digest.ts';
import type { CopyTree } from './copy.ts';
import type { PlatformBuild } from './platform-build.ts';
import type { BuildStep, FolderContext } from './request.ts';

/** Files of this machine. */
export interface FolderSource {
  readonly kind: 'folder';
  readonly name: string;
  readonly context: FolderContext;
}
/** Files of layers, bottom first; what they are is known without mounting them. */
export interface LayersSource {
  readonly kind: 'layers';
  readonly name: string;
  readonly diffIds: readonly Digest[];
}
export type FileSource = FolderSource | LayersSource;

/**
 * @param stage the one that asks
 * @param step told of bytes that an image takes to come here
 * @throws ProaError STAGE_NOT_FOUND for a number that no stage has; what the stage or the image fails with
 */
export async function fileSource(
  build: PlatformBuild,
  stage: Stage,
  from: string | undefined,
  step: BuildStep,
): Promise<FileSource> {
  const { request } = build;
  if (from === undefined) return { kind: 'folder', name: 'the build context', context: request.context };
  const named = request.namedContexts.get(from);
  if (named?.kind === 'folder') return { kind: 'folder', name: `build context ${from}`, context: named };
  const other = build.sourceStage(stage, from);
  if (other !== undefined) {
    const { diffIds } = await build.stage(other);
    return { kind: 'layers', name: `stage ${from}`, diffIds: [...diffIds] };
  }
  const { base } = await build.imageBase(from, build.platform, step);
  return { kind: 'layers', name: `image ${from}`, diffIds: base.diffIds };
}

/** Waits for the stages among these. @throws what they fail with */
export async function awaitStages(
  build: PlatformBuild,
  stage: Stage,
  froms: readonly (string | undefined)[],
): Promise<void> {
  for (const from of froms) {
    const other = from === undefined ? undefined : build.sourceStage(stage, from);
    if (other !== undefined) await build.stage(other);
  }
}

/** The source as COPY takes it. @param show mounts layers and says where */
export function copyTree(
  source: FileSource,
  show: (diffIds: readonly Digest[]) => string,
  temporary: string,
): CopyTree {
  if (source.kind === 'layers')
    return { path: show(source.diffIds), name: source.name, ignore: [], keepsOwners: true, lasting: false };
  const { path, ignore } = source.context;
  // One that was unpacked for this build is gone after it.
  return { path, name: source.name, ignore, keepsOwners: false, lasting: !path.startsWith(`${temporary}/`) };
}
