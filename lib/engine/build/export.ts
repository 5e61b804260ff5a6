/** The last part of a build: its result goes where it was asked to, each place a step of its own. */

import { ProaError } from '../../core/error.ts';
import { type Digest, digestHex } from '../../oci/model/digest.ts';
import { familiarName, formatReference } from '../../oci/model/reference.ts';
import type { Engine } from '../engine.ts';
import type { Attestor } from './image-index.ts';
import type {
  ArchiveOutput,
  BuildOutput,
  ExportOptions,
  ExportProgress,
  FilesOutput,
  ImageOutput,
} from './output.ts';
import type { ExtraFile } from './output-files.ts';
import type { BuildStep, BuiltImage } from './request.ts';

/** What there is now, for `--iidfile` and `--metadata-file`. */
export interface ExportResult {
  /** Under which the store knows it; undefined when nothing was stored. */
  readonly id?: Digest;
  /** The topmost document: a manifest or an index, as the last place has it. */
  readonly manifest?: { readonly digest: Digest; readonly mediaType: string; readonly size?: number };
  /** Of the configuration, when it is one image. */
  readonly config?: Digest;
  /** Full names that it has. */
  readonly names: readonly string[];
}

export interface Attesting {
  readonly attestor: Attestor;
  /** The same statements as files, for outputs that are no image. */
  files(image: BuiltImage): Promise<readonly ExtraFile[]>;
}

/**
 * Brings the result to all its places, in their order.
 * @throws ProaError what the places throw; those before the failed one have what they were to have
 */
export async function exportBuild(
  engine: Engine,
  images: readonly BuiltImage[],
  outputs: readonly BuildOutput[],
  options: ExportOptions,
  progress: ExportProgress,
  attesting?: Attesting,
): Promise<ExportResult> {
  let result: ExportResult = { names: [] };
  for (const output of outputs) {
    options.signal?.throwIfAborted();
    const one = await exportTo(engine, images, output, options, progress, attesting);
    result = { ...result, ...one, names: [...new Set([...result.names, ...one.names])] };
  }
  return result;
}

function exportTo(
  engine: Engine,
  images: readonly BuiltImage[],
  output: BuildOutput,
  options: ExportOptions,
  progress: ExportProgress,
  attesting: Attesting | undefined,
): Promise<ExportResult> {
  switch (output.kind) {
    case 'folder':
    case 'tar':
      return exportFiles(engine, images, output, progress, attesting);
    case 'archive':
      return exportArchive(engine, images, output, options, progress, attesting);
    case 'image':
      return exportImage(engine, images, output, options, progress, attesting);
  }
}

async function exportFiles(
  engine: Engine,
  images: readonly BuiltImage[],
  output: FilesOutput,
  progress: ExportProgress,
  attesting: Attesting | undefined,
): Promise<ExportResult> {
  const { writeFiles } = await import('./output-files.ts');
  const extras = new Map<BuiltImage, readonly ExtraFile[]>();
  for (const image of attesting === undefined ? [] : images) extras.set(image, await attesting!.files(image));
  const name = output.kind === 'tar' ? 'exporting to client tarball' : 'exporting to client directory';
  await progress.step(name, async (step) => {
    let last = 0;
    const total = await writeFiles(engine, images, output, extras, (bytes) => {
      last = bytes;
      progress.progress(step, bytes, undefined, 'copying files:');
    });
    progress.progress(step, Math.max(last, total), Math.max(last, total), 'copying files:');
  });
  return { names: [] };
}

async function exportArchive(
  engine: Engine,
  images: readonly BuiltImage[],
  output: ArchiveOutput,
  options: ExportOptions,
  progress: ExportProgress,
  attesting: Attesting | undefined,
): Promise<ExportResult> {
  const { writeImageArchive } = await import('./output-archive.ts');
  const name = output.format === 'oci' ? 'exporting to oci image format' : 'exporting to docker image format';
  const exported = await progress.step(name, async () => {
    return await writeImageArchive(engine, images, output, options, attesting?.attestor);
  });
  const { digest, mediaType, bytes, config } = exported;
  const names = output.names.map(formatReference);
  return { manifest: { digest, mediaType, size: bytes.length }, ...(config && { config }), names };
}

async function exportImage(
  engine: Engine,
  images: readonly BuiltImage[],
  output: ImageOutput,
  options: ExportOptions,
  progress: ExportProgress,
  attesting: Attesting | undefined,
): Promise<ExportResult> {
  if (output.push && output.names.length === 0)
    throw new ProaError('MISSING_OPTION', 'push the result: tag is needed when pushing to registry', {
      hint: 'Name it: -t REGISTRY/NAME:TAG',
    });
  const { storeBuild } = await import('./output-image.ts');
  const stored = await progress.step('exporting to image', async (step) => {
    const told = (what: string): void => progress.progress(step, 0, 0, what);
    told('exporting layers');
    const result = await storeBuild(engine, images, output.store ? output.names : [], options);
    const id = result.list?.id ?? result.records[0]!.id;
    told(result.list === undefined ? `writing image ${id}` : `writing manifest list ${id}`);
    for (const name of output.store ? output.names : []) told(`naming to ${formatReference(name)}`);
    return result;
  });
  const record = stored.list ?? stored.records[0]!;
  const single = stored.list === undefined ? { config: record.id } : {};
  const manifest = {
    digest: record.manifest.digest,
    mediaType: record.manifest.mediaType,
    size: record.manifest.size,
  };
  const names = output.names.map(formatReference);
  if (!output.push) return { id: record.id, manifest, ...single, names };
  const { pushBuild } = await import('./output-push.ts');
  const push = { images, stored, output, options, attestor: attesting?.attestor };
  let sent: ExportResult['manifest'] = manifest;
  for (const name of output.names) {
    sent = await progress.step(`pushing ${familiarName(name)}`, (step: BuildStep) =>
      pushBuild(engine, push, name, (part, done, total) =>
        progress.progress(step, done, total, `pushing ${digestHex(part as Digest).slice(0, 12)}`),
      ),
    );
  }
  if (output.store) return { id: record.id, manifest: sent, ...single, names };
  await forget(engine, stored.fresh);
  return { manifest: sent, ...single, names };
}

/** What was only there to be sent. */
async function forget(engine: Engine, ids: readonly Digest[]): Promise<void> {
  if (ids.length === 0) return;
  const { removeImage } = await import('../image/remove.ts');
  for (const id of ids) await removeImage(engine, id, {});
}
