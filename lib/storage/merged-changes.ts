/**
 * How the files of two stacks of layers differ, whatever they have in common. Both are read as overlayfs would merge them
 * (overlayfs.rst, "whiteouts and opaque directories"), without mounting them. Layers never change, so paths are enough to
 * walk them: each part of such a path was seen to be a folder.
 */
import { readEntries } from '../core/sys/directory.ts';
import { AT_FDCWD, close, O, open, tryGetXattr } from '../core/sys/file.ts';
import { type FileStatus, S_IFDIR, S_IFMT, tryStatAt } from '../core/sys/stat.ts';
import { isWhiteout } from './tar/displace.ts';
import { type ByteString, toPath } from './tar/header.ts';
import { joinName } from './tar/path.ts';
import { isDifferent, isYes } from './upper.ts';

export interface MergedChange {
  kind: 'added' | 'changed' | 'deleted';
  /** Without a leading slash. */
  path: ByteString;
}

/** What a stack shows under a name. */
interface Shown {
  status: FileStatus;
  /** Of a folder: those that are merged in it, topmost first. */
  folders: readonly ByteString[];
}

/**
 * The changes that lead from `before` to `after`, folders before what is in them, in the order of the names' bytes.
 * @param after the layers' folders, topmost first; so `before`
 * @throws ProaError with an errno's name
 */
export function* mergedChanges(
  after: readonly string[],
  before: readonly string[],
  xattrPrefix: 'trusted' | 'user',
): Generator<MergedChange, void, undefined> {
  const bytes = (folders: readonly string[]): ByteString[] =>
    folders.map((path) => Buffer.from(path).toString('latin1'));
  yield* new MergedWalk(`${xattrPrefix}.overlay.opaque`).members('', bytes(after), bytes(before));
}

class MergedWalk {
  constructor(private readonly opaqueName: string) {}

  *members(
    path: ByteString,
    after: readonly ByteString[],
    before: readonly ByteString[],
  ): Generator<MergedChange, void, undefined> {
    // The same folders of the same layers.
    if (after.length === before.length && after.every((folder, i) => folder === before[i])) return;
    const now = this.shown(after);
    const then = this.shown(before);
    for (const name of [...new Set([...now.keys(), ...then.keys()])].sort()) {
      yield* this.entry(joinName(path, name), now.get(name), then.get(name));
    }
  }

  private *entry(
    path: ByteString,
    now: Shown | undefined,
    then: Shown | undefined,
  ): Generator<MergedChange, void, undefined> {
    if (now === undefined) {
      yield { kind: 'deleted', path };
      return;
    }
    const self: MergedChange = { kind: then === undefined ? 'added' : 'changed', path };
    let told = then === undefined || isDifferent(now.status, then.status);
    if (told) yield self;
    // A folder is told also when only something in it is news.
    for (const change of this.members(path, now.folders, then?.folders ?? [])) {
      // What went with a folder that is none any more is not told one by one.
      if (!isFolder(now.status)) return;
      if (!told) yield self;
      told = true;
      yield change;
    }
  }

  /** What the merged folders show together. */
  private shown(folders: readonly ByteString[]): Map<ByteString, Shown> {
    const found = new Map<ByteString, Shown>();
    const ended = new Set<ByteString>();
    for (const folder of folders) {
      for (const name of namesIn(folder)) {
        if (ended.has(name)) continue;
        const path = `${folder}/${name}`;
        const status = tryStatAt(AT_FDCWD, toPath(path));
        if (typeof status === 'number') continue;
        const above = found.get(name);
        // What is below a folder counts only when it is one, too.
        if (isWhiteout(status) || !isFolder(status)) {
          if (above === undefined && !isWhiteout(status)) found.set(name, { status, folders: [] });
          ended.add(name);
          continue;
        }
        found.set(name, above === undefined ? { status, folders: [path] } : extended(above, path));
        if (isYes(tryGetXattr(toPath(path), this.opaqueName))) ended.add(name);
      }
    }
    return found;
  }
}

function extended({ status, folders }: Shown, path: ByteString): Shown {
  return { status, folders: [...folders, path] };
}

function isFolder({ mode }: FileStatus): boolean {
  return (mode & S_IFMT) === S_IFDIR;
}

function namesIn(folder: ByteString): ByteString[] {
  const fd = open(toPath(folder), O.RDONLY | O.DIRECTORY);
  try {
    return [...readEntries(fd)].map(({ name }) => Buffer.from(name).toString('latin1'));
  } finally {
    close(fd);
  }
}
