/** `volume export` and `volume import`: a volume's files as a tar. */
import { addContext, ProaError } from '../../core/error.ts';
import { close, O, open } from '../../core/sys/file.ts';
import { isKeptXattr } from '../../storage/tar/attributes.ts';
import { detectCompression, openDecoder } from '../../storage/tar/compression.ts';
import { Extractor } from '../../storage/tar/extract.ts';
import { TarReader } from '../../storage/tar/reader.ts';
import { TreeWalk } from '../../storage/tar/walk.ts';
import { writeTar } from '../../storage/tar/write.ts';
import { lockVolume, setVolumeContent, volumeDataPath } from '../../storage/volumes.ts';
import type { Engine } from '../engine.ts';
import { borrowVolume } from './hold.ts';
import { requireVolume } from './require-volume.ts';

/**
 * Yields the archive in chunks that are valid until the next is asked for.
 * @throws ProaError VOLUME_NOT_FOUND, VOLUME_MOUNT_FAILED, …
 */
export async function* exportVolume({ store }: Engine, name: string): AsyncGenerator<Uint8Array, void> {
  const volume = requireVolume(store, name, 'export');
  using _ = borrowVolume(store, volume);
  const fd = open(volumeDataPath(store, name), O.PATH | O.DIRECTORY);
  try {
    yield* writeTar(new TreeWalk({ xattrs: isKeptXattr }).members(fd, ''));
  } finally {
    close(fd);
  }
}

/**
 * Unpacks a tar, compressed or not, into a volume, over what is there.
 * @param chunks each valid until the next is asked for
 * @throws ProaError VOLUME_NOT_FOUND, BAD_ARCHIVE, HOSTILE_ARCHIVE, VOLUME_MOUNT_FAILED, …
 */
export async function importVolume(
  { store, identity }: Engine,
  name: string,
  chunks: Iterable<Uint8Array>,
): Promise<void> {
  requireVolume(store, name, 'import');
  using _ = await lockVolume(store, name);
  const volume = requireVolume(store, name, 'import');
  // From here on its content is somebody's, and no image's.
  if (volume.content !== 'settled') setVolumeContent(store, volume, 'settled');
  using _mounted = borrowVolume(store, volume);
  // The extractor closes it.
  const fd = open(volumeDataPath(store, name), O.RDONLY | O.DIRECTORY);
  using extractor = new Extractor(fd, {
    xattrPrefix: store.xattrPrefix,
    ignoreOwner: identity.singleId,
    copy: { overwrite: true },
  });
  try {
    const reader = new TarReader(extractor);
    for await (const bytes of decoded(chunks)) reader.write(bytes);
    reader.end();
    extractor.finish();
  } catch (error) {
    throw addContext(withoutHint(error), `import into volume ${name}`);
  }
}

async function* decoded(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const input = chunks[Symbol.iterator]();
  const first = input.next();
  if (first.done) throw new ProaError('BAD_ARCHIVE', 'read archive: it is empty');
  using decoder = openDecoder(detectCompression(first.value));
  yield* decoder.decode(
    (function* () {
      yield first.value;
      for (let next = input.next(); !next.done; next = input.next()) yield next.value;
    })(),
  );
}

/** What is said of layers ("do not use this image") does not hold for any archive. */
function withoutHint(error: unknown): unknown {
  if (!(error instanceof ProaError) || !/_ARCHIVE$/.test(error.code)) return error;
  return new ProaError(error.code, error.message, { cause: error.cause });
}
