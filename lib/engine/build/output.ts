/** What becomes of a build's result: `--output`, `--push`, `--load`, `-t`. */
import type { Compression } from '../../oci/model/media-type.ts';
import type { Platform } from '../../oci/model/platform.ts';
import type { Reference } from '../../oci/model/reference.ts';
import type { RegistryOptions } from '../../oci/registry/client.ts';
import type { ManifestKind } from '../image/new-manifest.ts';
import type { Signing } from '../trust/sign.ts';
import type { BuildStep } from './request.ts';

/** The result's files, in a folder or as a tar. */
export interface FilesOutput {
  readonly kind: 'folder' | 'tar';
  /** An absolute path; for a tar also a descriptor. */
  readonly target: string | number;
  /** Each platform in a folder of its own (`linux_amd64`); default: when there are several. */
  readonly platformSplit?: boolean;
  /** Whose files the result is to take the place of: whatever else is in the folder goes. */
  readonly replace?: boolean;
}

/** An archive or folder that other programs load. */
export interface ArchiveOutput {
  readonly kind: 'archive';
  readonly format: 'oci' | 'docker';
  readonly target: string | number;
  /** An OCI layout as a folder, not as an archive. */
  readonly asFolder: boolean;
  readonly names: readonly Reference[];
  readonly packing: LayerPacking;
}

/** An image of this store, and of registries. */
export interface ImageOutput {
  readonly kind: 'image';
  readonly names: readonly Reference[];
  /** false: the image is only sent. */
  readonly store: boolean;
  readonly push: boolean;
  /** Without its tag: known in the registry by its digest alone. */
  readonly pushByDigest: boolean;
  readonly registry: RegistryOptions;
  readonly packing: LayerPacking;
  readonly signing?: Signing | undefined;
}

export type BuildOutput = FilesOutput | ArchiveOutput | ImageOutput;

export interface LayerPacking {
  /** Left out: gzip for what is sent, and layers stay as registries have them. */
  readonly compression?: Compression | undefined;
  readonly level?: number | undefined;
  readonly force?: boolean | undefined;
  /** Kind of the manifests there, when it is not that of the build. */
  readonly kind?: ManifestKind | undefined;
}

/** Where annotations go (https://github.com/opencontainers/image-spec/blob/main/annotations.md). */
export interface OutputAnnotations {
  /** Of the manifest of each platform, or of one. */
  readonly manifest: readonly PlatformAnnotation[];
  /** Of the index itself, of what it says of each manifest, and of what a layout says of the index. */
  readonly index: Readonly<Record<string, string>>;
  readonly descriptor: readonly PlatformAnnotation[];
  readonly indexDescriptor: Readonly<Record<string, string>>;
}
export interface PlatformAnnotation {
  readonly key: string;
  readonly value: string;
  readonly platform?: Platform;
}

export interface ExportOptions {
  readonly kind: ManifestKind;
  readonly annotations: OutputAnnotations;
  /** A manifest list that the images are added to (podman's `--manifest`). */
  readonly manifestList?: string;
  readonly signal?: AbortSignal;
}

/** What is said while the result is brought where it belongs. */
export interface ExportProgress {
  step<T>(name: string, work: (step: BuildStep) => Promise<T>): Promise<T>;
  progress(step: BuildStep, done: number, total: number | undefined, part?: string): void;
}

/** The annotations for one platform. */
export function annotationsFor(
  list: readonly PlatformAnnotation[],
  platform: Platform,
): Record<string, string> {
  const own = list.filter(
    ({ platform: only }) =>
      only === undefined ||
      (only.os === platform.os &&
        only.architecture === platform.architecture &&
        (only.variant === undefined || only.variant === platform.variant)),
  );
  return Object.fromEntries(own.map(({ key, value }) => [key, value]));
}
