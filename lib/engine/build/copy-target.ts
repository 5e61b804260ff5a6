/** Where files go in a stage's root. All links are resolved inside it; folders on the way are made. */
import { posix } from 'node:path';
import { ProaError } from '../../core/error.ts';
import { openInRoot, pathInRoot } from '../../core/rooted.ts';
import { tryReadlinkAt } from '../../core/sys/descriptor.ts';
import { O, tryLchownAt, tryMkdirAt } from '../../core/sys/file.ts';
import { check, sysError } from '../../core/sys/libc.ts';
import { S_IFLNK, S_IFMT, tryStatAt } from '../../core/sys/stat.ts';
import type { Owner } from './copy-owner.ts';

/** path_resolution(7): the kernel follows as many. */
const MAX_LINKS = 40;

export class CopyTarget {
  /**
   * @param root absolute path of the stage's root
   * @param owner of folders that are made; undefined: who builds
   */
  constructor(
    private readonly root: string,
    private readonly owner: Owner | undefined,
  ) {}

  /** Whether a folder is there already. */
  hasFolder(path: string): boolean {
    using found = openInRoot(this.root, path, O.PATH | O.DIRECTORY);
    return found !== undefined;
  }

  /**
   * The folder's real path in the root; made, with those above it, when it is not there.
   * @throws ProaError COPY_DESTINATION when something else is in its place
   */
  folder(path: string, links = 0): string {
    const there = pathInRoot(this.root, path);
    if (there !== undefined) {
      if (this.hasFolder(there)) return there;
      throw notFolder(path);
    }
    const parent = this.folder(posix.dirname(path), links);
    const here = posix.join(parent, posix.basename(path));
    const link = this.linkAt(here);
    if (link !== undefined) return this.folder(this.behind(parent, link, path, links), links + 1);
    using above = openInRoot(this.root, parent, O.PATH | O.DIRECTORY);
    if (above === undefined) throw notFolder(parent);
    const name = posix.basename(path);
    check(tryMkdirAt(above.fd, name, 0o755), 'create folder', here);
    if (this.owner !== undefined)
      check(tryLchownAt(above.fd, name, this.owner.uid, this.owner.gid), 'set owner of', here);
    return here;
  }

  /** The real path of a file that need not be there: a link in its place is followed, as by docker. */
  file(path: string, links = 0): string {
    const parent = this.folder(posix.dirname(path), links);
    const here = posix.join(parent, posix.basename(path));
    const link = this.linkAt(here);
    return link === undefined ? here : this.file(this.behind(parent, link, path, links), links + 1);
  }

  private behind(parent: string, link: string, path: string, links: number): string {
    if (links >= MAX_LINKS) throw new ProaError('ELOOP', `${path}: too many symbolic links`);
    return posix.resolve(parent, link);
  }

  /** The target of the link at a path whose parent is real; undefined when that is no link. */
  private linkAt(path: string): string | undefined {
    using found = openInRoot(this.root, path, O.PATH | O.NOFOLLOW);
    if (found === undefined) return undefined;
    const status = tryStatAt(found.fd, '');
    if (typeof status === 'number') throw sysError(-status, 'look at', path);
    if ((status.mode & S_IFMT) !== S_IFLNK) return undefined;
    const target = tryReadlinkAt(found.fd, '');
    if (typeof target === 'number') throw sysError(-target, 'read link', path);
    return Buffer.from(target).toString();
  }
}

function notFolder(path: string): ProaError {
  return new ProaError('COPY_DESTINATION', `${path} is there and not a directory`, {
    hint: 'copy to another place, or remove it in a RUN before',
  });
}
