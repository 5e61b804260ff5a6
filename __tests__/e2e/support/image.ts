/** Images to test with, from this machine's static busybox. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { writeBusyboxTar } from '../../../scripts/lib/busybox-image.mjs';

/** Busybox and two users: root, and app (1000), whose group is staff (50). */
export async function writeImageTar(file: string): Promise<void> {
  writeBusyboxTar(file);
  addToTar(file, {
    'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:50:app:/home/app:/bin/sh\n',
    'etc/group': 'root:x:0:\nstaff:x:50:\naudio:x:29:root,app\n',
    'etc/not-executable': 'text\n',
  });
}

/** Files and their text, as a tar. */
export function tarOf(files: Record<string, string>): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-tar-'));
  try {
    const file = `${folder}/layer.tar`;
    execFileSync('tar', ['-cf', file, '-T', '/dev/null']);
    addToTar(file, files);
    return execFileSync('cat', [file], { maxBuffer: 1 << 30 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function addToTar(file: string, files: Record<string, string>): void {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-tar-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const names = Object.keys(files);
    execFileSync('tar', ['-C', folder, '--owner=0', '--group=0', '--append', '-f', file, ...names]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export type Compression = 'none' | 'gzip' | 'zstd';

export interface Layer {
  tar: Uint8Array;
  compression?: Compression;
}

export interface BuiltImage {
  manifest: { mediaType: string; bytes: Buffer<ArrayBuffer>; digest: string };
  config: { bytes: Buffer<ArrayBuffer>; digest: string };
  blobs: { bytes: Buffer<ArrayBuffer>; digest: string }[];
}

const OCI = 'application/vnd.oci.image';
const SUFFIX: Record<Compression, string> = { none: '', gzip: '+gzip', zstd: '+zstd' };

/** An OCI image of these layers. */
export function buildImage(
  layers: Layer[],
  { architecture = hostArchitecture(), config = {} as object } = {},
): BuiltImage {
  const blobs = layers.map(({ tar, compression = 'gzip' }) => blob(compress(tar, compression)));
  const document = {
    architecture,
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ tar }) => digest(tar)) },
    history: layers.map(() => ({ created_by: 'test' })),
  };
  const configBlob = blob(Buffer.from(JSON.stringify(document)));
  const manifest = {
    schemaVersion: 2,
    mediaType: `${OCI}.manifest.v1+json`,
    config: descriptor(`${OCI}.config.v1+json`, configBlob),
    layers: layers.map(({ compression = 'gzip' }, i) =>
      descriptor(`${OCI}.layer.v1.tar${SUFFIX[compression]}`, blobs[i]!),
    ),
  };
  return {
    manifest: { mediaType: manifest.mediaType, ...blob(Buffer.from(JSON.stringify(manifest))) },
    config: configBlob,
    blobs,
  };
}

/** An OCI index over images, by architecture. */
export function buildIndex(images: Record<string, BuiltImage>): BuiltImage['manifest'] {
  const index = {
    schemaVersion: 2,
    mediaType: `${OCI}.index.v1+json`,
    manifests: Object.entries(images).map(([platform, { manifest }]) => {
      const [architecture, variant] = platform.split('/');
      return {
        ...descriptor(manifest.mediaType, manifest),
        platform: { os: 'linux', architecture, variant },
      };
    }),
  };
  return { mediaType: index.mediaType, ...blob(Buffer.from(JSON.stringify(index))) };
}

export function hostArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

function compress(tar: Uint8Array, compression: Compression): Buffer<ArrayBuffer> {
  if (compression === 'gzip') return Buffer.from(gzipSync(tar, { level: 1 }));
  return Buffer.from(compression === 'zstd' ? Bun.zstdCompressSync(tar) : tar);
}

function blob(bytes: Buffer<ArrayBuffer>) {
  return { bytes, digest: digest(bytes) };
}

function digest(bytes: Uint8Array): string {
  return `sha256:${new Bun.CryptoHasher('sha256').update(bytes).digest('hex')}`;
}

function descriptor(mediaType: string, { bytes, digest }: { bytes: Uint8Array; digest: string }) {
  return { mediaType, digest, size: bytes.length };
}
