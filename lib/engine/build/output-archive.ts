/** `--output type=oci` and `type=docker`: the result as an archive, or as an OCI layout, that any engine loads. */
import { ProaError } from '../../core/error.ts';
import { type Digest, sha256Digest } from '../../oci/model/digest.ts';
import { formatReference } from '../../oci/model/reference.ts';
import { readLayer } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { readLayerTar } from '../image/layer-tar.ts';
import { type BlobLayer, imageManifest, type PlainLayer } from '../image/new-manifest.ts';
import { packLayer } from '../image/packed-layer.ts';
import { writeSavedFolder } from '../image/save-output.ts';
import { type SavedFile, savedFiles } from '../image/saved-files.ts';
import { streamTar } from '../image/tar-stream.ts';
import {
  type Attestor,
  attestationManifest,
  type Document,
  document,
  imageIndex,
  type ListedImage,
} from './image-index.ts';
import { type ArchiveOutput, annotationsFor, type ExportOptions } from './output.ts';
import { writeStream } from './output-files.ts';
import type { BuiltImage } from './request.ts';

/** What an archive or registry has now: its topmost document, and what describes it. */
export interface Exported extends Document {
  /** Of the configuration, when it is one image. */
  readonly config?: Digest;
}

/**
 * Writes an archive or a layout.
 * @throws ProaError CONFLICTING_OPTIONS for several images in Docker's format; EEXIST, ENOSPC, …
 */
export async function writeImageArchive(
  engine: Engine,
  images: readonly BuiltImage[],
  output: ArchiveOutput,
  options: ExportOptions,
  attestor: Attestor | undefined,
): Promise<Exported> {
  if (output.format === 'docker') return await writeDockerArchive(engine, images, output);
  let top: Exported | undefined;
  const files = ociFiles(engine, images, output, options, attestor, (exported) => {
    top = exported;
  });
  if (output.asFolder) await writeSavedFolder(String(output.target), 'oci-dir', files);
  else await writeStream(output.target, streamTar(files));
  return top!;
}

async function writeDockerArchive(
  engine: Engine,
  images: readonly BuiltImage[],
  { target, names, asFolder }: ArchiveOutput,
): Promise<Exported> {
  const [image] = images;
  if (image === undefined || images.length > 1) {
    throw new ProaError(
      'CONFLICTING_OPTIONS',
      "write an archive: Docker's format holds one image a name, not those of several platforms",
      {
        hint: 'Use --output type=oci,dest=FILE',
      },
    );
  }
  if (asFolder)
    throw new ProaError('CONFLICTING_OPTIONS', 'write an archive: tar=false is for type=oci', {
      hint: 'Use --output type=oci,tar=false,dest=DIR',
    });
  const { config, configBytes } = image;
  const id = sha256Digest(configBytes);
  const saved = { id, config, configBytes, layers: plainLayers(engine, image), names: [...names] };
  const files = savedFiles(engine.store, [saved], 'docker-archive', { compression: 'none' });
  await writeStream(target, streamTar(files));
  const plain = saved.layers.map((layer) => ({ ...layer, compression: 'none' as const }));
  const manifest = imageManifest(id, configBytes.length, plain);
  return { ...document(manifest.bytes, manifest.mediaType), config: id };
}

/** The layers as they are here. */
export function plainLayers({ store }: Engine, { diffIds }: BuiltImage): PlainLayer[] {
  return diffIds.map((digest) => {
    const layer = readLayer(store, digest);
    if (layer === undefined)
      throw new ProaError('LAYER_MISSING', `export image: layer ${digest} is not in the store`);
    return { digest, size: layer.plainSize };
  });
}

/** Blobs, then the documents that name them, then the layout's own files. */
async function* ociFiles(
  engine: Engine,
  images: readonly BuiltImage[],
  output: ArchiveOutput,
  { kind, annotations }: ExportOptions,
  attestor: Attestor | undefined,
  onTop: (top: Exported) => void,
): AsyncGenerator<SavedFile> {
  const { compression = 'gzip', level } = output.packing;
  const manifestKind = output.packing.kind ?? kind;
  const blobs = new Map<Digest, BlobLayer>();
  for (const layer of new Map(
    images.flatMap((image) => plainLayers(engine, image)).map((l) => [l.digest, l]),
  ).values()) {
    if (compression === 'none') {
      blobs.set(layer.digest, { ...layer, compression });
      yield { path: blobPath(layer.digest), size: layer.size, bytes: readLayerTar(engine.store, layer) };
      continue;
    }
    using packed = await packLayer(engine.store, layer, { compression, level });
    blobs.set(layer.digest, packed.blob);
    yield { path: blobPath(packed.blob.digest), size: packed.blob.size, bytes: packed.chunks() };
  }
  const written = new Set<Digest>();
  const files = function* (...documents: readonly Document[]): Generator<SavedFile> {
    for (const { digest, bytes } of documents) {
      if (written.has(digest)) continue;
      written.add(digest);
      yield { path: blobPath(digest), size: bytes.length, bytes: [bytes] };
    }
  };
  const names = output.names.map(formatReference);
  const listed: ListedImage[] = [];
  for (const image of images) {
    const config = document(image.configBytes, '');
    const layers = image.diffIds.map((digest) => blobs.get(digest)!);
    const made = imageManifest(
      config.digest,
      config.bytes.length,
      layers,
      manifestKind,
      annotationsFor(annotations.manifest, image.platform),
    );
    const manifest = document(made.bytes, made.mediaType);
    yield* files(config, manifest);
    const statements = (await attestor?.(image, manifest.digest, names)) ?? [];
    const attestation = statements.length > 0 ? attestationManifest(manifest.digest, statements) : undefined;
    if (attestation !== undefined) yield* files(...attestation.statements, attestation.config, attestation);
    listed.push({ image, manifest: { ...manifest, size: manifest.bytes.length }, attestation });
    onTop({ ...manifest, config: config.digest });
  }
  if (needsIndex(listed, annotations)) {
    const index = imageIndex(listed, annotations);
    yield* files(index);
    onTop(index);
    yield* layoutFiles(index, output, annotations.indexDescriptor);
  } else {
    const [{ image, manifest }] = listed as [ListedImage];
    const { os, architecture, variant } = image.platform;
    const platform = { architecture, os, ...(variant && { variant }) };
    const described = { ...manifest, platform };
    yield* layoutFiles(described, output, annotationsFor(annotations.descriptor, image.platform));
  }
}

/** One image alone needs no index around it. */
export function needsIndex(
  images: readonly Pick<ListedImage, 'attestation'>[],
  { index }: ExportOptions['annotations'],
): boolean {
  return (
    images.length > 1 ||
    images.some(({ attestation }) => attestation !== undefined) ||
    Object.keys(index).length > 0
  );
}

/** One entry a name, as BuildKit writes them: the tag for skopeo and others, the whole name for containerd. */
function* layoutFiles(
  top: { digest: Digest; mediaType: string; size?: number; bytes?: Uint8Array; platform?: object },
  { names }: ArchiveOutput,
  annotations: Readonly<Record<string, string>>,
): Generator<SavedFile> {
  const { digest, mediaType, platform } = top;
  const entry = { mediaType, digest, size: top.size ?? top.bytes!.length, ...(platform && { platform }) };
  const named = names.map((name) => ({
    'io.containerd.image.name': formatReference(name),
    'org.opencontainers.image.ref.name': name.tag ?? 'latest',
  }));
  const manifests = (named.length > 0 ? named : [{}]).map((own) => {
    const all = { ...annotations, ...own };
    return Object.keys(all).length > 0 ? { ...entry, annotations: all } : entry;
  });
  for (const [path, value] of [
    ['oci-layout', { imageLayoutVersion: '1.0.0' }],
    ['index.json', { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests }],
  ] as const) {
    const bytes = Buffer.from(JSON.stringify(value));
    yield { path, size: bytes.length, bytes: [bytes] };
  }
}

function blobPath(digest: Digest): string {
  return `blobs/sha256/${digest.slice('sha256:'.length)}`;
}
