/** Images in archives and folders: what policies call them, and the signatures that a `dir:` folder holds. */
import { realpathSync, statSync } from 'node:fs';
import { hasCode } from '../../core/error.ts';
import { sha256Digest } from '../../oci/model/digest.ts';
import { pathScopes, referenceScopes } from '../../oci/trust/scope.ts';
import { type ImageArchive, readMember } from '../image/archive.ts';
import type { ArchivedImage } from '../image/archived-image.ts';
import { type Candidate, type GateOptions, type Origin, openGate } from './gate.ts';

export interface ArchivePlace {
  /** As containers-transports(5) calls it. */
  readonly transport: string;
  /** Where it is, if it is a file or folder. */
  readonly path: string | undefined;
}

const SIGNATURE_MAX = 4 << 20;
const SIGNATURES_MAX = 128;

/**
 * Lets an image of an archive in, or not.
 * @throws ProaError IMAGE_REJECTED, CONFIG_INVALID, …
 */
export async function passArchivedImage(
  archive: ImageArchive,
  place: ArchivePlace,
  image: ArchivedImage,
  options: GateOptions,
): Promise<void> {
  const gate = await openGate(originOf(archive, place, image), options);
  if (!gate.open) await gate.pass(candidateOf(archive, place, image));
}

function originOf(
  archive: ImageArchive,
  { transport, path: file }: ArchivePlace,
  image: ArchivedImage,
): Origin {
  const step = `load ${archive.name}`;
  if (transport === 'docker-daemon') {
    // There it is a name of Docker's, and no path.
    const [reference] = image.names;
    return { transport, scopes: reference === undefined ? [] : referenceScopes(reference), reference, step };
  }
  const hasPaths = transport === 'oci' || transport === 'oci-archive' || transport === 'dir';
  const path = hasPaths && file !== undefined ? realPathOf(file) : undefined;
  return { transport, scopes: path === undefined ? [] : pathScopes(path, image.refName), step };
}

/** Undefined for what has no path: a pipe, or a standard input that is a file without a name. */
function realPathOf(file: string): string | undefined {
  if (statSync(file).isFIFO()) return undefined;
  try {
    return realpathSync(file);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function candidateOf(
  archive: ImageArchive,
  { transport }: ArchivePlace,
  { manifest }: ArchivedImage,
): Candidate {
  const inFolder = transport === 'dir';
  return {
    digests: manifest === undefined ? [] : [sha256Digest(manifest.bytes)],
    simple: async () => (inFolder ? folderSignatures(archive) : []),
    sigstore: async () => [],
    lookedIn: {
      simple: inFolder ? `looked for in ${archive.name}/signature-1` : `${transport} cannot hold any`,
      sigstore: `${transport} cannot hold any`,
    },
  };
}

/** `signature-1`, `signature-2`, …, as `skopeo copy` and `podman push` put them into a `dir:` folder. */
function folderSignatures(archive: ImageArchive): Uint8Array[] {
  const found: Uint8Array[] = [];
  while (found.length < SIGNATURES_MAX) {
    const bytes = readMember(archive, `signature-${found.length + 1}`, SIGNATURE_MAX);
    if (bytes === undefined) break;
    found.push(bytes);
  }
  return found;
}
