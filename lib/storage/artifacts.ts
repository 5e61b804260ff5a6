/**
 * ROOT/artifacts: OCI artifacts, in an OCI image layout (image-spec, image-layout.md) that other tools read too. What
 * always holds: the index names only manifests whose blobs are all there. Who adds or removes holds the lock of the
 * folder; readers take none, as the index is replaced by one rename.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { removeFile, syncFolder, writeFile, writeFileAtomic } from '../core/atomic-file.ts';
import { hasCode, ProaError } from '../core/error.ts';
import { type Lock, lock } from '../core/lock.ts';
import { REF_NAME } from '../oci/model/artifact.ts';
import type { Descriptor } from '../oci/model/descriptor.ts';
import { type Digest, digestAlgorithm, digestHex, digestOf, sha256Digest } from '../oci/model/digest.ts';
import { type ImageManifest, parseManifest } from '../oci/model/manifest.ts';
import { MEDIA_TYPE } from '../oci/model/media-type.ts';
import type { Store } from './store.ts';

export interface Artifact {
  /** `quay.io/team/model:latest`; undefined when its name went to another one. */
  readonly name: string | undefined;
  readonly descriptor: Descriptor;
}

export interface ArtifactContent {
  readonly bytes: Uint8Array;
  readonly manifest: ImageManifest;
}

function folderOf(store: Store): string {
  return `${store.root}/artifacts`;
}

export function artifactBlobPath(store: Store, digest: Digest): string {
  return `${folderOf(store)}/blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}

export function hasArtifactBlob(
  store: Store,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
): boolean {
  return statSync(artifactBlobPath(store, digest), { throwIfNoEntry: false })?.size === size;
}

/** All of them, by name. @throws ProaError INVALID_MANIFEST when the index was altered */
export function listArtifacts(store: Store): Artifact[] {
  const bytes = readIfThere(`${folderOf(store)}/index.json`);
  if (bytes === undefined) return [];
  const index = parseManifest(bytes, MEDIA_TYPE.ociIndex);
  if (index.kind !== 'index') return [];
  return index.manifests
    .map((descriptor) => ({ name: descriptor.annotations?.[REF_NAME], descriptor }))
    .sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1));
}

/**
 * Finds one by its full name, its manifest's digest, or the start of that.
 * @throws ProaError AMBIGUOUS when several digests begin so
 */
export function findArtifact(store: Store, name: string | undefined, text: string): Artifact | undefined {
  const all = listArtifacts(store);
  const named = all.find((artifact) => artifact.name === name);
  if (name !== undefined && named !== undefined) return named;
  const prefix = text.replace(/^sha256:/, '');
  if (!/^[0-9a-f]{1,64}$/.test(prefix)) return undefined;
  const found = all.filter(({ descriptor }) => digestHex(descriptor.digest).startsWith(prefix));
  if (new Set(found.map(({ descriptor }) => descriptor.digest)).size <= 1) return found[0];
  const ids = found.map(({ descriptor }) => digestHex(descriptor.digest).slice(0, 12)).join(', ');
  throw new ProaError('AMBIGUOUS', `find artifact ${text}: several digests begin with it: ${ids}`);
}

/** @throws ProaError BLOB_MISSING, BLOB_CORRUPT, INVALID_MANIFEST */
export function readArtifact(store: Store, { descriptor: { digest } }: Artifact): ArtifactContent {
  const bytes = readIfThere(artifactBlobPath(store, digest));
  if (bytes === undefined)
    throw new ProaError('BLOB_MISSING', `read artifact ${digest}: its manifest is gone`);
  if (digestOf(bytes, digestAlgorithm(digest)) !== digest)
    throw new ProaError('BLOB_CORRUPT', `read artifact ${digest}: the file of its manifest was altered`);
  const manifest = parseManifest(bytes);
  if (manifest.kind === 'image') return { bytes, manifest };
  throw new ProaError('INVALID_MANIFEST', `read artifact ${digest}: it is an index`);
}

/** Held by who adds or removes artifacts, for the moment of doing so. */
export function lockArtifacts(store: Store): Promise<Lock> {
  const folder = folderOf(store);
  if (!existsSync(`${folder}/oci-layout`)) {
    mkdirSync(`${folder}/blobs/sha256`, { recursive: true, mode: 0o700 });
    // Whoever else does so now writes the same.
    writeFile(`${folder}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}\n');
  }
  return lock(folder);
}

/** A blob that is not in its place yet: `publish` renames it there. */
export interface ArrivedBlob {
  readonly digest: Digest;
  publish(target: string): void;
}

/**
 * Gives a name to a manifest; the one that had it goes. The caller holds {@link lockArtifacts}.
 * @throws ProaError ARTIFACT_INCOMPLETE when a blob is not there: an `rm` took it meanwhile
 */
export function putArtifact(
  store: Store,
  name: string,
  manifest: Uint8Array,
  arrived: readonly ArrivedBlob[],
): Descriptor {
  for (const blob of arrived) {
    mkdirSync(`${folderOf(store)}/blobs/${digestAlgorithm(blob.digest)}`, { recursive: true, mode: 0o700 });
    blob.publish(artifactBlobPath(store, blob.digest));
  }
  const parsed = parseManifest(manifest) as ImageManifest;
  const missing = [parsed.config, ...parsed.layers].find((blob) => !hasArtifactBlob(store, blob));
  if (missing !== undefined) {
    sweepBlobs(store);
    throw new ProaError(
      'ARTIFACT_INCOMPLETE',
      `store artifact ${name}: ${missing.digest} was removed meanwhile`,
      {
        hint: 'Try again',
      },
    );
  }
  const digest = sha256Digest(manifest);
  writeFile(artifactBlobPath(store, digest), manifest, { sync: true });
  syncFolder(`${folderOf(store)}/blobs/sha256`);
  const { artifactType } = parsed;
  const descriptor: Descriptor = {
    mediaType: parsed.mediaType,
    digest,
    size: manifest.length,
    ...(artifactType !== undefined && { artifactType }),
    annotations: { [REF_NAME]: name },
  };
  const others = listArtifacts(store).filter((artifact) => artifact.name !== name);
  writeIndex(store, [...others.map((artifact) => artifact.descriptor), descriptor]);
  sweepBlobs(store);
  return descriptor;
}

/** Takes artifacts away. The caller holds {@link lockArtifacts}. */
export function removeArtifacts(store: Store, gone: readonly Artifact[]): void {
  const same = (a: Artifact, b: Artifact): boolean =>
    a.name === b.name && a.descriptor.digest === b.descriptor.digest;
  const left = listArtifacts(store).filter((artifact) => !gone.some((one) => same(one, artifact)));
  writeIndex(
    store,
    left.map(({ descriptor }) => descriptor),
  );
  sweepBlobs(store);
}

function writeIndex(store: Store, manifests: readonly Descriptor[]): void {
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests };
  writeFileAtomic(`${folderOf(store)}/index.json`, `${JSON.stringify(index)}\n`, { sync: true });
}

/** Deletes the blobs that no artifact refers to; none while a manifest is unreadable, as nobody knows what it refers to. */
function sweepBlobs(store: Store): void {
  const needed = new Set<string>();
  try {
    for (const artifact of listArtifacts(store)) {
      const { manifest } = readArtifact(store, artifact);
      for (const { digest } of [artifact.descriptor, manifest.config, ...manifest.layers])
        needed.add(artifactBlobPath(store, digest));
    }
  } catch (error) {
    if (error instanceof ProaError) return;
    throw error;
  }
  const blobs = `${folderOf(store)}/blobs`;
  for (const algorithm of readdirSync(blobs))
    for (const name of readdirSync(`${blobs}/${algorithm}`)) {
      const path = `${blobs}/${algorithm}/${name}`;
      if (!needed.has(path)) removeFile(path);
    }
}

function readIfThere(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
