/**
 * A layer whose files are on disk already: their archive is made once, for its digest and for the recipe that rebuilds it,
 * and is kept nowhere. What make-layer.ts does for files that lie elsewhere.
 */
import { crc32 } from 'node:zlib';
import { tryReadAt } from '../../core/sys/descriptor.ts';
import { close, O, open } from '../../core/sys/file.ts';
import { sysError } from '../../core/sys/libc.ts';
import { show } from './archive-error.ts';
import { BLOCK } from './header.ts';
import { RecipeWriter } from './recipe.ts';
import type { Member } from './walk.ts';
import { encodeHeader } from './write.ts';

export interface RecordedArchive {
  /** `sha256:HEX` of the tar. */
  diffId: string;
  /** Bytes of the tar. */
  plainSize: number;
  /** Members, of all types. */
  files: number;
  /** Bytes of files' contents. */
  diskSize: number;
}

const CHUNK = 512 * 1024;
/** Milliseconds for which the thread is kept from other work. */
const SLICE = 50;

/**
 * @param members with the paths that the files have in the layer
 * @param recipe a file to create
 * @throws ProaError with an errno's name, naming the file
 */
export async function recordArchive(members: Iterable<Member>, recipe: string): Promise<RecordedArchive> {
  const recipeFd = open(recipe, O.WRONLY | O.CREAT | O.EXCL | O.NOFOLLOW, 0o600);
  try {
    const recorder = new ArchiveRecorder(new RecipeWriter(recipeFd, recipe));
    let rested = performance.now();
    for (const member of members) {
      recorder.add(member);
      if (performance.now() - rested < SLICE) continue;
      await Bun.sleep(0);
      rested = performance.now();
    }
    return recorder.finish();
  } finally {
    close(recipeFd);
  }
}

class ArchiveRecorder {
  private readonly hasher = new Bun.CryptoHasher('sha256');
  private readonly buffer = Buffer.allocUnsafeSlow(CHUNK);
  private used = 0;
  private plainSize = 0;
  private files = 0;
  private diskSize = 0;

  constructor(private readonly recipe: RecipeWriter) {}

  add({ entry, fd }: Member): void {
    this.files++;
    this.raw(encodeHeader(entry));
    if (fd === undefined || entry.stored === 0) return;
    let crc = 0;
    for (let position = 0; position < entry.stored; ) {
      if (this.used === CHUNK) this.flush();
      const n = Math.min(CHUNK - this.used, entry.stored - position);
      const piece = this.buffer.subarray(this.used, this.used + n);
      const read = tryReadAt(fd, piece, position);
      if (read < 0) throw sysError(-read, 'read', show(entry.path));
      piece.fill(0, read);
      crc = crc32(piece, crc);
      this.used += n;
      position += n;
    }
    this.diskSize += entry.stored;
    this.recipe.content(entry.path, entry.stored, crc, undefined);
    const padding = -entry.stored & (BLOCK - 1);
    if (padding > 0) this.raw(Buffer.alloc(padding));
  }

  finish(): RecordedArchive {
    this.raw(Buffer.alloc(2 * BLOCK));
    this.flush();
    this.recipe.finish();
    const { plainSize, files, diskSize } = this;
    return { diffId: `sha256:${this.hasher.digest('hex')}`, plainSize, files, diskSize };
  }

  /** Bytes that are no file's content. */
  private raw(bytes: Buffer): void {
    this.recipe.raw(bytes);
    if (this.used + bytes.length > CHUNK) this.flush();
    if (bytes.length > CHUNK) {
      this.hasher.update(bytes);
      this.plainSize += bytes.length;
    } else this.used += bytes.copy(this.buffer, this.used);
  }

  private flush(): void {
    this.hasher.update(this.buffer.subarray(0, this.used));
    this.plainSize += this.used;
    this.used = 0;
  }
}
