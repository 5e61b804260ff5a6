/** `artifact add`: files of this machine become an artifact, or more of one. */
import { constants } from 'node:fs';
import { copyFile, open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { addContext, ProaError } from '../../core/error.ts';
import { Staging } from '../../core/staging.ts';
import { renameAt2 } from '../../core/sys/file.ts';
import {
  type ArtifactManifest,
  EMPTY_CONFIG_BYTES,
  newArtifact,
  TITLE,
  withFiles,
} from '../../oci/model/artifact.ts';
import { SNIFF_BYTES, sniffMediaType } from '../../oci/model/content-type.ts';
import type { Descriptor } from '../../oci/model/descriptor.ts';
import { type Digest, sha256Digest } from '../../oci/model/digest.ts';
import {
  type ArrivedBlob,
  findArtifact,
  lockArtifacts,
  putArtifact,
  readArtifact,
} from '../../storage/artifacts.ts';
import type { Engine } from '../engine.ts';
import { digestOfFile } from './file-digest.ts';
import { artifactName } from './names.ts';

export interface AddRequest {
  name: string;
  files: readonly string[];
  /** Of each file. */
  annotations: Readonly<Record<string, string>>;
  /** To what is there under this name. */
  append?: boolean;
  /** Instead of what is there. */
  replace?: boolean;
  type?: string | undefined;
  /** Left out, the files' first bytes tell. */
  fileType?: string | undefined;
}

/**
 * @returns the digest of the new manifest
 * @throws ProaError ARTIFACT_EXISTS, ARTIFACT_NOT_FOUND with `append`, FILE_EXISTS, ENOENT, …
 */
export async function addArtifact({ store }: Engine, request: AddRequest): Promise<Digest> {
  const name = artifactName(request.name);
  refuseTitleOfMany(request);
  begin(store, name, request);
  using staging = Staging.open(store.tmp, `artifact-${crypto.randomUUID()}`);
  const blobs: StagedBlob[] = [await stageBytes(`${staging.path}/config`, EMPTY_CONFIG_BYTES)];
  const files: Descriptor[] = [];
  for (const [i, file] of request.files.entries()) {
    const blob = await stageFile(`${staging.path}/${i}`, file, request);
    blobs.push(blob);
    files.push(blob.descriptor);
  }
  using _ = await lockArtifacts(store);
  // Looked up again: copying takes its time, and another command may have been here.
  const manifest = withFiles(begin(store, name, request), files);
  return putArtifact(store, name, Buffer.from(JSON.stringify(manifest)), blobs).digest;
}

/** The manifest to add to. */
function begin(
  store: Engine['store'],
  name: string,
  { append, replace, type }: AddRequest,
): ArtifactManifest {
  const known = findArtifact(store, name, name);
  if (append) {
    if (known !== undefined)
      return JSON.parse(Buffer.from(readArtifact(store, known).bytes).toString()) as ArtifactManifest;
    throw new ProaError('ARTIFACT_NOT_FOUND', `${name}: artifact does not exist`, {
      hint: 'See what is here: proa artifact ls',
    });
  }
  if (known !== undefined && !replace) {
    throw new ProaError('ARTIFACT_EXISTS', `${name}: artifact already exists`, {
      hint: 'Add to it with --append, or put the new one in its place with --replace',
    });
  }
  return newArtifact(type, new Date());
}

function refuseTitleOfMany({ annotations, files }: AddRequest): void {
  if (annotations[TITLE] === undefined || files.length === 1) return;
  throw new ProaError(
    'CONFLICTING_OPTIONS',
    `add artifact: one ${TITLE} cannot be the name of ${files.length} files`,
  );
}

interface StagedBlob extends ArrivedBlob {
  descriptor: Descriptor;
}

async function stageBytes(path: string, bytes: Uint8Array): Promise<StagedBlob> {
  await Bun.write(path, bytes);
  const descriptor = { mediaType: '', digest: sha256Digest(bytes), size: bytes.length };
  return staged(path, descriptor);
}

/** Copies first (by reference, where the file system can), so that what is hashed is what is kept. */
async function stageFile(
  path: string,
  file: string,
  { annotations, fileType }: AddRequest,
): Promise<StagedBlob> {
  try {
    if (!(await stat(file)).isFile()) throw new ProaError('NOT_A_FILE', 'it is no regular file');
    await copyFile(file, path, constants.COPYFILE_FICLONE);
    const copy = await open(path, 'r+');
    try {
      const start = Buffer.alloc(SNIFF_BYTES);
      const { bytesRead } = await copy.read(start, 0, SNIFF_BYTES, 0);
      await copy.sync();
      return staged(path, {
        mediaType: fileType || sniffMediaType(start.subarray(0, bytesRead)),
        digest: await digestOfFile(path, 'sha256'),
        size: (await copy.stat()).size,
        annotations: { [TITLE]: basename(file), ...annotations },
      });
    } finally {
      await copy.close();
    }
  } catch (error) {
    throw addContext(error, `add ${file}`);
  }
}

function staged(path: string, descriptor: Descriptor): StagedBlob {
  return { digest: descriptor.digest, descriptor, publish: (target) => renameAt2(path, target) };
}
