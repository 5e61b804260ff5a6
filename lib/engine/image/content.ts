/** What an image is in a registry's terms, for `images --tree`: its platforms, and the bytes that a pull of it sends. */
import { ProaError } from '../../core/error.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { parseManifest } from '../../oci/model/manifest.ts';
import { formatPlatform } from '../../oci/model/platform.ts';
import { readBlob } from '../../storage/blobs.ts';
import { listContainers } from '../../storage/containers.ts';
import { type ImageRecord, readImage } from '../../storage/images.ts';
import type { Engine } from '../engine.ts';
import { imagesOf } from './list-filter.ts';

export interface PlatformContent {
  /** `linux/amd64` */
  platform: string;
  /** Of its manifest. */
  digest: Digest;
  /** Bytes of the layers' files; undefined when the image is not here (only a list has it). */
  files: number | undefined;
  /** Bytes of manifest, configuration and layers, as the manifest describes them; undefined when that is damaged. */
  size: number | undefined;
  /** A container was made from it, or shows its files. */
  used: boolean;
}

/** Looks at all containers once, and then at each image that is asked for; a manifest list has several platforms. */
export function contentReader({ store }: Engine): (image: ImageRecord) => PlatformContent[] {
  const used = new Set(listContainers(store, []).flatMap(({ config }) => imagesOf(config)));
  return (image) => {
    if (image.list === undefined) {
      const { digest, mediaType } = image.manifest;
      const size = readSize(() => readBlob(store, digest), mediaType);
      return [{ platform: formatPlatform(image), digest, files: image.size, size, used: used.has(image.id) }];
    }
    return image.list.entries.map(({ platform, digest, image: id, manifest, mediaType }) => ({
      platform: platform === undefined ? 'unknown' : formatPlatform(platform),
      digest,
      files: readImage(store, id)?.size,
      size: readSize(() => Buffer.from(manifest, 'base64'), mediaType),
      used: used.has(id),
    }));
  };
}

function readSize(read: () => Uint8Array, mediaType: string): number | undefined {
  try {
    const bytes = read();
    const manifest = parseManifest(bytes, mediaType);
    if (manifest.kind === 'index') return undefined;
    return [manifest.config, ...manifest.layers].reduce((sum, { size }) => sum + size, bytes.length);
  } catch (error) {
    if (error instanceof ProaError) return undefined; // `system check` says what is wrong with it
    throw error;
  }
}
