/** OCI artifacts: files with media types in a manifest of an image's form (image-spec, manifest.md, "Guidelines for Artifact Usage"). */
import { ProaError } from '../../core/error.ts';
import type { Descriptor } from './descriptor.ts';
import { type Digest, sha256Digest } from './digest.ts';
import { MEDIA_TYPE } from './media-type.ts';

export const TITLE = 'org.opencontainers.image.title';
export const CREATED = 'org.opencontainers.image.created';
/** In an index: the name of what the descriptor points at. */
export const REF_NAME = 'org.opencontainers.image.ref.name';

/** The configuration of what needs none. */
export const EMPTY_CONFIG_BYTES = new TextEncoder().encode('{}');
const EMPTY_CONFIG = {
  mediaType: 'application/vnd.oci.empty.v1+json',
  digest: sha256Digest(EMPTY_CONFIG_BYTES),
  size: EMPTY_CONFIG_BYTES.length,
  data: 'e30=',
};

/** With an empty configuration a type must be set; this one is what other tools write when nobody said any. */
const UNKNOWN_TYPE = 'application/vnd.unknown.artifact.v1';

/** A manifest as it is written; members that we do not know stay. */
export interface ArtifactManifest {
  readonly layers?: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly [member: string]: unknown;
}

/** A manifest without files. */
export function newArtifact(type: string | undefined, created: Date): ArtifactManifest {
  return {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    artifactType: type || UNKNOWN_TYPE,
    config: EMPTY_CONFIG,
    layers: [],
    annotations: { [CREATED]: created.toISOString() },
  };
}

/** The manifest with more files. @throws ProaError FILE_EXISTS when two have one title */
export function withFiles(manifest: ArtifactManifest, files: readonly Descriptor[]): ArtifactManifest {
  const layers = [...(manifest.layers ?? []), ...files];
  const titles = new Set<string>();
  for (const { annotations } of layers) {
    const title = annotations?.[TITLE];
    if (title === undefined || title === '') continue;
    if (titles.has(title)) throw new ProaError('FILE_EXISTS', `${title}: file already exists in artifact`);
    titles.add(title);
  }
  return { ...manifest, layers };
}

/**
 * The name of the file that a blob is extracted to: its title, else its digest.
 * @throws ProaError UNSAFE_NAME for a title that leads elsewhere
 */
export function fileNameOf({ digest, annotations }: Pick<Descriptor, 'digest' | 'annotations'>): string {
  const title = annotations?.[TITLE];
  if (title === undefined || title === '') return digestName(digest);
  if (!title.includes('/') && !title.includes('\0') && title !== '.' && title !== '..') return title;
  throw new ProaError(
    'UNSAFE_NAME',
    `extract ${digest}: its title ${JSON.stringify(title)} is no file name`,
    {
      hint: `Name the target: proa artifact extract --digest ${digest} ARTIFACT FILE`,
    },
  );
}

/** `sha256-HEX`. */
export function digestName(digest: Digest): string {
  return digest.replace(':', '-');
}
