/**
 * `cp`: files between a container and this machine, between two containers, and as a tar stream.
 *
 * Whatever the source, it comes as members (tar/walk.ts, tar/reader.ts), and whatever the destination, it takes members
 * (tar/extract.ts, tar/write.ts). File contents go from descriptor to descriptor; no tar is in between when there need not
 * be. Neither side trusts the container: it is looked into by descriptors (root-view.ts), and what is written is made
 * without following a link that is not resolved inside the container (tar/folders.ts).
 */
import { readlinkSync } from 'node:fs';
import { posix } from 'node:path';
import { addContext, hasCode, ProaError } from '../../core/error.ts';
import { close, O, tryOpenAt } from '../../core/sys/file.ts';
import { tryStatAt } from '../../core/sys/stat.ts';
import { span } from '../../core/trace.ts';
import { isKeptXattr } from '../../storage/tar/attributes.ts';
import { below } from '../../storage/tar/below.ts';
import { detectCompression, openDecoder } from '../../storage/tar/compression.ts';
import { Extractor } from '../../storage/tar/extract.ts';
import { joinName } from '../../storage/tar/path.ts';
import { TarReader } from '../../storage/tar/reader.ts';
import { fileKey, type Member, TreeWalk } from '../../storage/tar/walk.ts';
import { writeTar } from '../../storage/tar/write.ts';
import type { Engine } from '../engine.ts';
import { ContainerPlace, type Found, HostPlace, type Place, type Sink } from './copy-place.ts';
import { chooseTarget, lastPart, requireFolder } from './copy-target.ts';
import { isExportedXattr } from './export.ts';
import { openRootView } from './root-view.ts';

/** One end of a copy. `container` is a full id. */
export type CopyEnd = { container?: string; path: string };

export interface CopyOptions {
  /** A source that is a link is copied as what it leads to. */
  followLink: boolean;
  /** Files on this machine keep their owners' numbers; else they belong to who copies. */
  archive: boolean;
  /** A folder may take the place of a file, and the other way round. */
  overwrite: boolean;
}

/**
 * Copies a file or folder, by the rules of docker-cp(1).
 * @returns bytes of the files' contents
 * @throws ProaError NO_SUCH_FILE, NO_SUCH_FOLDER, NOT_A_FOLDER, READ_ONLY, CANNOT_OVERWRITE, …
 */
export async function copyFiles(
  engine: Engine,
  source: CopyEnd,
  destination: CopyEnd,
  options: CopyOptions,
): Promise<number> {
  using _ = span('copy files');
  await using places = await openPlaces(engine, [source, destination], options);
  const [from, to] = places.list as [Place, Place];
  const path = from.absolute(source.path);
  using found = findSource(from, path, options.followLink);
  const goal = to.absolute(destination.path);
  const target = chooseTarget({ path, isFolder: found.isFolder }, to, goal);
  refuseOwnInside(found, to, target.folder);
  const sink = to.sink(target.folder, target.name);
  const walk = new TreeWalk({ xattrs: isKeptXattr, hollow: from.hollow });
  const name = target.name === undefined ? '' : Buffer.from(target.name).toString('latin1');
  try {
    return await fillSink(engine, sink, to, options, (extractor) => {
      for (const { entry, fd } of belowTop(walk, found.fd, joinName(sink.base, name), name === '')) {
        extractor.entry(entry);
        if (fd !== undefined) extractor.content(fd);
        extractor.entryEnd();
      }
    });
  } catch (error) {
    throw addContext(error, `copy ${from.name(path)} to ${to.name(goal)}`);
  }
}

/**
 * A container's file or folder as a tar, in chunks that are valid until the next is asked for.
 * @throws ProaError NO_SUCH_FILE, …
 */
export async function* copyToArchive(
  engine: Engine,
  source: Required<CopyEnd>,
  options: Pick<CopyOptions, 'followLink'>,
): AsyncGenerator<Uint8Array, void> {
  await using places = await openPlaces(engine, [source], { archive: true });
  const from = places.list[0]!;
  const path = from.absolute(source.path);
  using found = findSource(from, path, options.followLink);
  const walk = new TreeWalk({ xattrs: isExportedXattr, hollow: from.hollow });
  yield* writeTar(walk.members(found.fd, Buffer.from(topName(from, path, options)).toString('latin1')));
}

/** Docker's: all of the root has a slash in front, a folder's content `./`, and what a link leads to its own name. */
function topName(place: Place, path: string, { followLink }: Pick<CopyOptions, 'followLink'>): string {
  if (path === '/') return path;
  using found = followLink ? place.find(path, false) : undefined;
  if (found?.link === undefined) return lastPart(path);
  using behind = place.find(path, true);
  return posix.basename(readlinkSync(`/proc/self/fd/${behind?.fd}`));
}

/**
 * Unpacks a tar, compressed or not, into a container's folder.
 * @param chunks each valid until the next is asked for
 * @returns bytes of the files' contents
 * @throws ProaError NOT_A_FOLDER, READ_ONLY, BAD_ARCHIVE, HOSTILE_ARCHIVE, CANNOT_OVERWRITE, …
 */
export async function copyFromArchive(
  engine: Engine,
  chunks: Iterable<Uint8Array>,
  destination: Required<CopyEnd>,
  options: Pick<CopyOptions, 'overwrite'>,
): Promise<number> {
  await using places = await openPlaces(engine, [destination], { archive: true });
  const to = places.list[0]!;
  const goal = to.absolute(destination.path);
  const sink = to.sink(requireFolder(to, goal));
  const input = chunks[Symbol.iterator]();
  const first = input.next();
  const start = first.done ? new Uint8Array(0) : first.value;
  try {
    using decoder = openDecoder(detectCompression(start));
    const all = (function* () {
      yield start;
      for (let next = input.next(); !next.done; next = input.next()) yield next.value;
    })();
    return await fillSink(engine, sink, to, options, async (extractor) => {
      const reader = new TarReader(below(sink.base, extractor));
      for await (const bytes of decoder.decode(all)) reader.write(bytes);
      reader.end();
    });
  } catch (error) {
    throw addContext(plainHint(error), `copy archive to ${to.name(goal)}`);
  }
}

interface Places extends AsyncDisposable {
  list: Place[];
}

/** Opens each container once: at rest its lock is held, and two copies must not wait for each other's. */
async function openPlaces(
  engine: Engine,
  ends: readonly CopyEnd[],
  { archive }: Pick<CopyOptions, 'archive'>,
): Promise<Places> {
  await using opened = new AsyncDisposableStack();
  const containers = new Map<string, ContainerPlace>();
  for (const id of ends.flatMap(({ container }) => container ?? []).sort()) {
    if (containers.has(id)) continue;
    containers.set(id, new ContainerPlace(opened.use(await openRootView(engine, id, { mounts: true }))));
  }
  const list = ends.map(({ container }) =>
    container === undefined ? new HostPlace(archive) : containers.get(container)!,
  );
  const held = opened.move();
  return { list, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

function findSource(place: Place, path: string, follow: boolean): Found {
  const found = place.find(path, follow);
  if (found !== undefined) return found;
  throw new ProaError('NO_SUCH_FILE', `copy ${place.name(path)}: no such file or directory`);
}

/** The tree's members; without its own top one when only the content is wanted. */
function* belowTop(walk: TreeWalk, fd: number, path: string, contentOnly: boolean): Generator<Member> {
  for (const member of walk.members(fd, path)) {
    if (contentOnly && member.entry.path === path) continue;
    yield member;
  }
}

/** Runs `fill` with what writes into the sink. Returns the bytes written. */
async function fillSink(
  engine: Engine,
  sink: Sink,
  place: Place,
  { overwrite }: Pick<CopyOptions, 'overwrite'>,
  fill: (extractor: Extractor) => void | Promise<void>,
): Promise<number> {
  using extractor = new Extractor(sink.fd, {
    xattrPrefix: engine.store.xattrPrefix,
    ignoreOwner: !place.keepsOwners || engine.identity.singleId,
    copy: { overwrite },
  });
  await fill(extractor);
  return extractor.finish().diskSize;
}

/** A folder that is copied into itself would never end. */
function refuseOwnInside(source: Found, place: Place, folder: string): void {
  if (!source.isFolder) return;
  using fds = new DisposableStack();
  const found = place.find(folder, true);
  let fd = found === undefined ? -1 : fds.use(found).fd;
  // Up to the root, whose parent is itself.
  for (let last = ''; fd >= 0; ) {
    const status = tryStatAt(fd, '');
    const key = typeof status === 'number' ? last : fileKey(status);
    if (key === fileKey(source.status)) {
      throw new ProaError(
        'COPY_INTO_ITSELF',
        `copy to ${place.name(folder)}: the folder is in the one that is copied`,
      );
    }
    if (key === last) return;
    last = key;
    fd = tryOpenAt(fd, '..', O.PATH | O.DIRECTORY);
    const parent = fd;
    if (parent >= 0) fds.defer(() => close(parent));
  }
}

/** What is said of layers ("do not use this image") does not hold for any archive. */
function plainHint(error: unknown): unknown {
  if (!hasCode(error, 'HOSTILE_ARCHIVE', 'BAD_ARCHIVE')) return error;
  const { code, message, cause } = error as ProaError;
  return new ProaError(code, message, { cause });
}
