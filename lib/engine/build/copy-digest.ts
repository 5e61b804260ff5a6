/** The digest of what an instruction copies, fed source by source. */

import type { PlannedSource, TreeSource } from './copy-plan.ts';
import type { CopyItem } from './copy-walk.ts';

/** Bytes of records that are hashed at once. */
const ROOM = 256 * 1024;
/** The longest record: two paths and numbers. */
const LONGEST = 12 * 1024;

/**
 * Each item is one record in which every field's length is known, so that two different trees never give the same bytes.
 */
export class CopyDigest {
  private readonly hasher = new Bun.CryptoHasher('sha256');
  private readonly buffer = Buffer.allocUnsafe(ROOM);
  private used = 0;
  files = 0;
  bytes = 0;

  /** @param owners whether they are part of it */
  constructor(private readonly owners: boolean) {}

  add(source: PlannedSource): void {
    if (source.kind === 'tree') {
      this.tree(source);
      return;
    }
    this.files++;
    if (source.kind === 'text') {
      this.bytes += Buffer.byteLength(source.text);
      const digest = new Bun.CryptoHasher('sha256').update(source.text).digest('hex');
      this.record(`text ${digest}`, source.name, '');
    } else if (source.kind === 'download') {
      this.record(`download ${source.digest}`, source.name, '');
    } else {
      const folder = Buffer.from(source.url.folder).toString('latin1');
      this.record(`git ${source.commit} ${source.keepGitDir}`, folder, '');
    }
  }

  private tree(source: TreeSource): void {
    this.record(`tree ${source.isFolder ? 'folder' : 'file'} ${source.items.length}`, '', '');
    for (const item of source.items) this.item(item);
  }

  /** `sha256:HEX`. */
  finish(): string {
    this.flush();
    return `sha256:${this.hasher.digest('hex')}`;
  }

  private item(item: CopyItem): void {
    const { type, status, target, link, content, xattrs } = item;
    const owner = this.owners ? `${status.uid}:${status.gid}` : '';
    const device = type === 'char' || type === 'block' ? `${status.major}:${status.minor}` : '';
    this.record(`${type} ${status.mode.toString(8)} ${owner} ${device}`, target, link);
    if (content !== undefined) this.used += this.buffer.write(content.digest, this.used, 'latin1');
    for (const [name, value] of xattrs ?? []) this.record('xattr', name, value.toString('latin1'));
    this.files++;
    if (type === 'file') this.bytes += status.size;
  }

  private record(head: string, first: string, second: string): void {
    const length = head.length + first.length + second.length;
    if (this.used + length + 64 > ROOM || length > LONGEST) this.flush();
    const text = `${head}\0${first.length} ${second.length}\0${first}${second}`;
    // An extended attribute may have 64 KiB.
    if (length > LONGEST) this.hasher.update(Buffer.from(text, 'latin1'));
    else this.used += this.buffer.write(text, this.used, 'latin1');
  }

  private flush(): void {
    this.hasher.update(this.buffer.subarray(0, this.used));
    this.used = 0;
  }
}
