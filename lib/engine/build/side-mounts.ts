/** Mounts of a step that are made on the host's side, in RUNROOT/containers/ID/mounts, where any clean-up finds them. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import { openInRoot } from '../../core/rooted.ts';
import { removeTree } from '../../core/sys/directory.ts';
import { O } from '../../core/sys/file.ts';
import { MS, mount } from '../../core/sys/mount.ts';
import { S_IFDIR, S_IFMT, tryStatAt } from '../../core/sys/stat.ts';
import { unmountOverlay } from '../../storage/overlay.ts';

export class SideMounts implements Disposable {
  private readonly made: string[] = [];
  private memory: string | undefined;

  constructor(private readonly bundle: string) {}

  /** A new place to mount on. */
  place(isFolder = true): string {
    const folder = `${this.bundle}/mounts`;
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    const path = `${folder}/step-${crypto.randomUUID()}`;
    if (isFolder) mkdirSync(path);
    else closeSync(openSync(path, 'wx'));
    this.made.push(path);
    return path;
  }

  /** Shows exactly the file or folder that a path leads to in `root`, whatever is put there afterwards. */
  show(root: string, path: string, whose: string): { path: string; isFolder: boolean } {
    using found = openInRoot(root, path === '' ? '/' : path, O.PATH);
    if (found === undefined) throw sourceMissing(path, whose);
    const status = tryStatAt(found.fd, '');
    const isFolder = typeof status !== 'number' && (status.mode & S_IFMT) === S_IFDIR;
    const target = this.place(isFolder);
    mount(found.path, target, '', MS.BIND | MS.REC);
    return { path: target, isFolder };
  }

  /** A folder in memory that is never swapped out. */
  get ram(): string {
    if (this.memory === undefined) {
      this.memory = this.place();
      mount('ramfs', this.memory, 'ramfs', MS.NOSUID | MS.NODEV | MS.NOEXEC, 'mode=755');
    }
    return this.memory;
  }

  [Symbol.dispose](): void {
    for (const path of this.made.reverse()) {
      unmountOverlay(path);
      removeTree(path);
    }
  }
}

function sourceMissing(path: string, whose: string): ProaError {
  return new ProaError('MOUNT_SOURCE_MISSING', `mount ${path} of ${whose}: no such file or folder`);
}

/**
 * Copies what a folder has in `root` into an empty one, with owners and modes.
 * @throws ProaError MOUNT_SOURCE_MISSING, COPY_FAILED
 */
export async function copyOut(root: string, path: string, into: string, whose: string): Promise<void> {
  using found = openInRoot(root, path === '' ? '/' : path, O.RDONLY | O.DIRECTORY);
  if (found === undefined) throw sourceMissing(path, whose);
  // cp does not follow links inside the tree; the descriptor makes sure that none led to it.
  const child = Bun.spawn(
    ['cp', '-a', '--reflink=auto', `/proc/${process.pid}/fd/${found.fd}/.`, `${into}/`],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  if ((await child.exited) === 0) return;
  const words = (await new Response(child.stderr).text()).trim();
  throw new ProaError('COPY_FAILED', `copy ${path} of ${whose}: ${words}`);
}
