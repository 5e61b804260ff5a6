/** Images made by hand, so that every byte of an archive can be chosen. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { run } from './store.ts';

export function sha256(bytes: Uint8Array | string): string {
  return new Bun.CryptoHasher('sha256').update(bytes).digest('hex');
}

/** A layer's tar by GNU tar: text files by name; a name with a slash at its end is a folder. */
export function layerTar(folder: string, files: Record<string, string>, flags: string[] = []): Buffer {
  const place = `${folder}/layer-${crypto.randomUUID()}`;
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(`${place}/${name.slice(0, name.lastIndexOf('/') + 1)}`, { recursive: true });
    if (!name.endsWith('/')) writeFileSync(`${place}/${name}`, text);
  }
  return run(['tar', '--sort=name', ...flags, '-C', place, '-cf', '-', '.']);
}

export type Packing = 'none' | 'gzip' | 'zstd';

export function pack(tar: Uint8Array, packing: Packing): Uint8Array {
  if (packing === 'gzip') return gzipSync(tar);
  return packing === 'zstd' ? zstdCompressSync(tar) : tar;
}

const SUFFIX = { none: '', gzip: '+gzip', zstd: '+zstd' } as const;

export interface HandMade {
  tars: Buffer[];
  config: Buffer;
  id: string;
  manifest: Buffer;
  /** Blobs by hex digest. */
  blobs: Map<string, Uint8Array>;
}

/** An OCI image of these layers. */
export function makeImage(tars: Buffer[], options: { packing?: Packing; config?: object } = {}): HandMade {
  const { packing = 'none' } = options;
  const config = Buffer.from(
    JSON.stringify({
      created: '2024-05-01T12:00:00.123456789Z',
      architecture: 'amd64',
      os: 'linux',
      config: { Cmd: ['sh'], Labels: { made: 'by hand' } },
      rootfs: { type: 'layers', diff_ids: tars.map((tar) => `sha256:${sha256(tar)}`) },
      history: tars.map((_, i) => ({ created_by: `step ${i}` })),
      ...options.config,
    }),
  );
  const packed = tars.map((tar) => pack(tar, packing));
  const blobs = new Map<string, Uint8Array>([config, ...packed].map((bytes) => [sha256(bytes), bytes]));
  const descriptor = (mediaType: string, bytes: Uint8Array) => ({
    mediaType,
    digest: `sha256:${sha256(bytes)}`,
    size: bytes.length,
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: descriptor('application/vnd.oci.image.config.v1+json', config),
      layers: packed.map((bytes) =>
        descriptor(`application/vnd.oci.image.layer.v1.tar${SUFFIX[packing]}`, bytes),
      ),
    }),
  );
  blobs.set(sha256(manifest), manifest);
  return { tars, config, id: `sha256:${sha256(config)}`, manifest, blobs };
}

/** Writes an OCI layout; `entries` are the descriptors of index.json, by default one with the name given. */
export function writeLayout(folder: string, images: readonly HandMade[], entries: readonly object[]): void {
  mkdirSync(`${folder}/blobs/sha256`, { recursive: true });
  writeFileSync(`${folder}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(`${folder}/index.json`, JSON.stringify({ schemaVersion: 2, manifests: entries }));
  for (const { blobs } of images) {
    for (const [hex, bytes] of blobs) writeFileSync(`${folder}/blobs/sha256/${hex}`, bytes);
  }
}

export function entryOf({ manifest }: HandMade, name?: string, more: object = {}): object {
  return {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: `sha256:${sha256(manifest)}`,
    size: manifest.length,
    ...(name && { annotations: { 'org.opencontainers.image.ref.name': name } }),
    ...more,
  };
}

/** Writes what `docker save` wrote until 24: HEX.json, ID/layer.tar, manifest.json. */
export function writeDockerFolder(
  folder: string,
  { tars, config, id }: Pick<HandMade, 'tars' | 'config' | 'id'>,
  tags: string[] | null,
): void {
  mkdirSync(folder, { recursive: true });
  const hex = id.slice('sha256:'.length);
  writeFileSync(`${folder}/${hex}.json`, config);
  const layers = tars.map((tar) => {
    const name = sha256(`v1 id of ${sha256(tar)}`);
    mkdirSync(`${folder}/${name}`, { recursive: true });
    writeFileSync(`${folder}/${name}/layer.tar`, tar);
    return `${name}/layer.tar`;
  });
  writeFileSync(
    `${folder}/manifest.json`,
    JSON.stringify([{ Config: `${hex}.json`, RepoTags: tags, Layers: layers }]),
  );
}

/** Packs a folder, members in the order given or by name. */
export function tarOf(folder: string, members: string[] = ['.'], flags: string[] = []): Buffer {
  return run(['tar', '--sort=name', ...flags, '-C', folder, '-cf', '-', ...members]);
}
