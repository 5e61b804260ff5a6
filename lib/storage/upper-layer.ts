/**
 * A layer in the making as an overlay's upper folder: whatever writes into the mount writes the layer's files where they
 * will stay. When it is done, the folder itself becomes the layer: its archive is made once, for digest and recipe, and
 * what is in the folder but not in the archive goes, so that the layer means the same on top of any other.
 */

import type { Lock } from '../core/lock.ts';
import { tryFremovexattr, tryFutimens } from '../core/sys/descriptor.ts';
import { removeTree } from '../core/sys/directory.ts';
import {
  AT_FDCWD,
  close,
  O,
  open,
  tryChmodAt,
  tryLchownAt,
  tryMkdirAt,
  tryUtimensAt,
} from '../core/sys/file.ts';
import { check } from '../core/sys/libc.ts';
import { S_IFDIR, S_IFMT, type Time } from '../core/sys/stat.ts';
import type { Digest } from '../oci/model/digest.ts';
import { type LayerRecord, LayerStaging } from './layers.ts';
import type { Store } from './store.ts';
import { isKeptXattr } from './tar/attributes.ts';
import { type ByteString, toPath } from './tar/header.ts';
import { recordArchive } from './tar/record-archive.ts';
import { type Member, TreeWalk } from './tar/walk.ts';
import { type UpperChange, upperChanges } from './upper.ts';
import { layerMembers } from './upper-members.ts';

export class UpperLayer implements Disposable {
  private readonly staging: LayerStaging;
  /** The folder that overlayfs wants beside the upper one. */
  readonly work: string;

  constructor(private readonly store: Store) {
    using made = new DisposableStack();
    this.staging = made.use(new LayerStaging(store));
    this.work = `${this.staging.folder}/work`;
    check(tryMkdirAt(AT_FDCWD, this.work, 0o755), 'create folder', this.work);
    made.move();
  }

  /** The overlay's upper folder. */
  get upper(): string {
    return this.staging.diff;
  }

  /**
   * Makes the folder a layer, once nothing is mounted on it any more.
   * @param lower the folders of the layers below, topmost first
   * @param latest seconds since 1970: no file is younger than that
   * @returns the record and a lock that keeps it (see LayerLease); undefined when nothing was changed
   * @throws ProaError with an errno's name
   */
  async publish(
    lower: readonly string[],
    latest?: number,
  ): Promise<{ record: LayerRecord; held: Lock } | undefined> {
    removeTree(this.work);
    // What a layer's archive cannot say of its root.
    tryChmodAt(AT_FDCWD, this.upper, 0o755);
    tryLchownAt(AT_FDCWD, this.upper, 0, 0);
    const settled = new SettledFolder(this.store, this.upper, latest);
    const { diffId, ...sizes } = await recordArchive(settled.members(lower), this.staging.recipe);
    if (sizes.files === 0) return undefined;
    settled.finish();
    const record: LayerRecord = { version: 1, diffId: diffId as Digest, ...sizes, blobs: [] };
    return { record, held: await this.staging.publish(record) };
  }

  [Symbol.dispose](): void {
    this.staging[Symbol.dispose]();
  }
}

/** Brings the files of an upper folder to what their archive says of them: no more, and with its whole seconds. */
class SettledFolder {
  private readonly root: ByteString;
  private readonly gone: ByteString[] = [];
  private readonly marked: ByteString[] = [];
  /** Folders get their times last, as all that is done in them changes these. */
  private readonly folders: { path: ByteString; mtime: Time }[] = [];

  constructor(
    private readonly store: Store,
    folder: string,
    private readonly latest: number | undefined,
  ) {
    this.root = Buffer.from(folder).toString('latin1');
  }

  *members(lower: readonly string[]): Generator<Member> {
    const { xattrPrefix } = this.store;
    const changes = upperChanges(Buffer.from(this.root, 'latin1').toString(), lower, {
      xattrPrefix,
      forLayer: true,
      untold: (path, what) => (what === 'mark' ? this.marked : this.gone).push(path),
    });
    const walk = new TreeWalk({ xattrs: isKeptXattr });
    for (const change of changes) yield* this.settle(change, walk);
  }

  finish(): void {
    const { xattrPrefix } = this.store;
    for (const path of this.marked) {
      const fd = open(this.place(path), O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
      tryFremovexattr(fd, `${xattrPrefix}.overlay.opaque`);
      close(fd);
    }
    for (const path of this.gone) removeTree(this.place(path));
    for (const { path, mtime } of this.folders.reverse())
      tryUtimensAt(AT_FDCWD, this.place(path), mtime, mtime);
  }

  private *settle(change: UpperChange, walk: TreeWalk): Generator<Member> {
    let told = false;
    for (const member of layerMembers([change], walk)) {
      told = true;
      if (change.status !== undefined) this.setTime(member, change.status.mode);
      yield member;
    }
    // A socket.
    if (!told) this.gone.push(change.path);
  }

  private setTime({ entry, fd }: Member, mode: number): void {
    const { sec, nsec } = entry.mtime;
    const mtime = { sec: Math.min(sec, this.latest ?? sec), nsec: 0 };
    if ((mode & S_IFMT) === S_IFDIR) this.folders.push({ path: entry.path, mtime });
    else if (nsec !== 0 || mtime.sec !== sec) {
      if (fd === undefined) tryUtimensAt(AT_FDCWD, this.place(entry.path), mtime, mtime);
      else tryFutimens(fd, mtime, mtime);
    }
    entry.mtime = mtime;
  }

  private place(path: ByteString): Uint8Array {
    return Buffer.from(toPath(`${this.root}/${path}`));
  }
}
