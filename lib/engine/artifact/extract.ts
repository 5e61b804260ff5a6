/** `artifact extract`: an artifact's files as files. */
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { addContext, hasCode, ProaError } from '../../core/error.ts';
import { digestName, fileNameOf, TITLE } from '../../oci/model/artifact.ts';
import type { Descriptor } from '../../oci/model/descriptor.ts';
import { digestAlgorithm } from '../../oci/model/digest.ts';
import { artifactBlobPath, readArtifact } from '../../storage/artifacts.ts';
import type { Engine } from '../engine.ts';
import { digestOfFile } from './file-digest.ts';
import { requireArtifact } from './names.ts';

/** Which of the files; neither means all. */
export interface FileChoice {
  digest?: string | undefined;
  title?: string | undefined;
}

/**
 * Into a folder go all files, each under its title or else its digest; to a file that is there or not goes the only one.
 * @throws ProaError ARTIFACT_NOT_FOUND, FILE_NOT_FOUND, AMBIGUOUS, BLOB_CORRUPT, UNSAFE_NAME, …
 */
export async function extractArtifact(
  { store }: Engine,
  text: string,
  target: string,
  choice: FileChoice,
): Promise<void> {
  const { manifest } = readArtifact(store, requireArtifact(store, text));
  const files = chosen(manifest.layers, text, choice);
  if (files.length === 0) throw new ProaError('FILE_NOT_FOUND', `extract ${text}: it has no files`);
  if (await isFolder(target)) {
    // One that was chosen by its digest is called by it, even if it has a title.
    const nameOf = (file: Descriptor): string =>
      choice.digest === undefined ? fileNameOf(file) : digestName(file.digest);
    // All names are looked at before the first file is written.
    const named = files.map((file) => ({ file, to: `${target}/${nameOf(file)}` }));
    for (const { file, to } of named) await extractFile(artifactBlobPath(store, file.digest), file, to);
    return;
  }
  if (files.length > 1) {
    throw new ProaError(
      'AMBIGUOUS',
      `extract ${text}: it has ${files.length} files, and ${target} is no folder`,
      {
        hint: 'Choose one with --title or --digest, or name a folder',
      },
    );
  }
  await extractFile(artifactBlobPath(store, files[0]!.digest), files[0]!, target);
}

function chosen(
  files: readonly Descriptor[],
  text: string,
  { digest, title }: FileChoice,
): readonly Descriptor[] {
  if (digest === undefined && title === undefined) return files;
  const fits = files.filter(({ digest: its, annotations }) =>
    digest === undefined ? annotations?.[TITLE] === title : its === digest,
  );
  if (fits.length > 0) return fits.slice(0, 1);
  const which = digest === undefined ? `title ${JSON.stringify(title)}` : `digest ${digest}`;
  throw new ProaError('FILE_NOT_FOUND', `extract ${text}: it has no file with the ${which}`, {
    hint: `It has: ${files.map((file) => file.annotations?.[TITLE] ?? file.digest).join(', ')}`,
  });
}

/** Written in place, so that a device or a pipe may be the target. */
async function extractFile(path: string, { digest }: Descriptor, target: string): Promise<void> {
  if ((await digestOfFile(path, digestAlgorithm(digest))) !== digest) {
    throw new ProaError('BLOB_CORRUPT', `extract ${digest}: the file in the store was altered`, {
      hint: 'Remove the artifact and pull it again',
    });
  }
  try {
    await pipeline(createReadStream(path), createWriteStream(target));
  } catch (error) {
    throw addContext(error, `write ${target}`);
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw addContext(error, `extract to ${path}`);
  }
}
