/**
 * What something is mounted on has to be there, and the runtime makes it where it is not. Of the step's own work that is no
 * part: what was not there before and is still empty afterwards goes, as BuildKit has it.
 */
import { openInRoot } from '../../core/rooted.ts';
import { AT_REMOVEDIR, O, tryUnlinkAt } from '../../core/sys/file.ts';
import { S_IFDIR, S_IFMT, S_IFREG, tryStatAt } from '../../core/sys/stat.ts';

export class MountStubs implements Disposable {
  /** Paths that were not there, those below others first. */
  private readonly missing: string[] = [];

  /**
   * Looks at what is there, before anything is mounted.
   * @param root the mounted root file system
   * @param destinations absolute paths in it
   */
  constructor(
    private readonly root: string,
    destinations: readonly string[],
  ) {
    const found = new Set<string>();
    for (const destination of destinations) {
      const parts = destination.split('/').filter((part) => part !== '' && part !== '.');
      // What is below another mount is in that one.
      for (let depth = parts.length; depth > 0; depth--) {
        const path = `/${parts.slice(0, depth).join('/')}`;
        if (found.has(path)) continue;
        if (isThere(root, path)) break;
        found.add(path);
      }
    }
    this.missing = [...found].sort((a, b) => b.split('/').length - a.split('/').length);
  }

  /** Takes away what is there now and empty. Nothing is mounted on it any more. */
  [Symbol.dispose](): void {
    for (const path of this.missing) this.remove(path);
  }

  private remove(path: string): void {
    const slash = path.lastIndexOf('/');
    using folder = openInRoot(this.root, path.slice(0, slash) || '/', O.PATH | O.DIRECTORY);
    if (folder === undefined) return;
    const name = path.slice(slash + 1);
    const status = tryStatAt(folder.fd, name);
    if (typeof status === 'number') return;
    const type = status.mode & S_IFMT;
    // A folder that is not empty stays: its files are the step's.
    if (type === S_IFDIR) tryUnlinkAt(folder.fd, name, AT_REMOVEDIR);
    else if (type === S_IFREG && status.size === 0) tryUnlinkAt(folder.fd, name);
  }
}

function isThere(root: string, path: string): boolean {
  using found = openInRoot(root, path, O.PATH);
  return found !== undefined;
}
