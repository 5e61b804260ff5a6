/**
 * The two kinds of places that `cp` copies between: this machine and a container. Both are asked by descriptors; what a
 * path means is the kernel's to say, in a container with the container's root as `/`.
 */
import { normalize } from 'node:path/posix';
import { ProaError } from '../../core/error.ts';
import { tryReadlinkAt } from '../../core/sys/descriptor.ts';
import { AT_FDCWD, close, O, tryOpenAt } from '../../core/sys/file.ts';
import { check, sysError } from '../../core/sys/libc.ts';
import { type FileStatus, S_IFDIR, S_IFLNK, S_IFMT, tryStatAt } from '../../core/sys/stat.ts';
import { mountFlags, ST } from '../../core/sys/statfs.ts';
import type { ByteString } from '../../storage/tar/header.ts';
import { kernelFolders, type RootView, tryOpenIn } from './root-view.ts';

/** A file that was found: open with O_PATH until disposed. */
export interface Found extends Disposable {
  fd: number;
  status: FileStatus;
  isFolder: boolean;
  /** A symbolic link's target. */
  link: string | undefined;
}

/** A folder to write in: names are resolved below `fd`, which the writer closes. */
export interface Sink {
  fd: number;
  /** The folder, as a name below `fd`; '' is that itself. */
  base: ByteString;
}

export interface Place {
  /** For messages: `web:/etc`, `/tmp/x`. */
  name(path: string): string;
  /** As Docker reads it: absolute, tidied as text, and with a trailing `/` or `/.` kept. */
  absolute(path: string): string;
  /**
   * @param follow a last part that is a link; one with a slash behind it is followed anyway
   * @returns undefined when there is nothing
   */
  find(path: string, follow: boolean): Found | undefined;
  /**
   * @param folder that is written in
   * @param name what is made in it, when that is one thing
   * @throws ProaError READ_ONLY
   */
  sink(folder: string, name?: string): Sink;
  /** Folders whose content is no file of its own (see kernelFolders). */
  readonly hollow: ReadonlySet<string>;
  /** Owners that a file has are kept; else all belongs to who copies. */
  readonly keepsOwners: boolean;
}

const ENOENT = -2;
const ENOTDIR = -20;

/** A container's files. */
export class ContainerPlace implements Place {
  readonly hollow: ReadonlySet<string>;
  /** Docker's: into a container the numbers are taken as they are. */
  readonly keepsOwners = true;

  constructor(private readonly view: RootView) {
    this.hollow = view.running ? kernelFolders(view) : new Set();
  }

  name(path: string): string {
    return `${this.view.config.name}:${path}`;
  }

  absolute(path: string): string {
    return tidy(`/${path}`);
  }

  find(path: string, follow: boolean): Found | undefined {
    return found(tryOpenIn(this.view, path, O.PATH | (follow ? 0 : O.NOFOLLOW)), this.name(path));
  }

  sink(folder: string, name?: string): Sink {
    const { view } = this;
    // Something may be mounted on the very file, and then that is written to.
    using named = name === undefined ? undefined : this.find(`${folder}/${name}`, false);
    using within = this.find(folder, true);
    const target = named?.status.isMountRoot ? named : within;
    if (target === undefined) throw sysError(-ENOENT, 'copy to', this.name(folder));
    if (mountFlags(`/proc/self/fd/${target.fd}`) & ST.RDONLY) throw this.readOnly(folder, target.status);
    const fd = check(tryOpenAt(view.fd, '.', O.RDONLY | O.DIRECTORY), 'open', this.name('/'));
    return {
      fd,
      base: Buffer.from(folder)
        .toString('latin1')
        .replace(/^\/+|\/+$/g, ''),
    };
  }

  private readOnly(folder: string, { device }: FileStatus): ProaError {
    const root = tryStatAt(this.view.fd, '');
    const ofRoot = typeof root !== 'number' && root.device === device && this.view.config.readonlyRootfs;
    const which = ofRoot ? 'container rootfs' : 'mounted volume';
    return new ProaError('READ_ONLY', `copy to ${this.name(folder)}: ${which} is marked read-only`);
  }
}

/** This machine's files. Their owner's own links are followed as everywhere. */
export class HostPlace implements Place {
  readonly hollow: ReadonlySet<string> = new Set();

  /** @param keepsOwners --archive */
  constructor(readonly keepsOwners: boolean) {}

  name(path: string): string {
    return path;
  }

  absolute(path: string): string {
    return tidy(path.startsWith('/') ? path : `${process.cwd()}/${path}`);
  }

  find(path: string, follow: boolean): Found | undefined {
    return found(tryOpenAt(AT_FDCWD, path, O.PATH | (follow ? 0 : O.NOFOLLOW)), path);
  }

  sink(folder: string): Sink {
    return { fd: check(tryOpenAt(AT_FDCWD, folder, O.RDONLY | O.DIRECTORY), 'open', folder), base: '' };
  }
}

function found(fd: number, name: string): Found | undefined {
  if (fd === ENOENT || fd === ENOTDIR) return undefined;
  check(fd, 'open', name);
  const status = tryStatAt(fd, '');
  if (typeof status === 'number') {
    close(fd);
    throw sysError(-status, 'look at', name);
  }
  const type = status.mode & S_IFMT;
  return {
    fd,
    status,
    isFolder: type === S_IFDIR,
    link: type === S_IFLNK ? linkTarget(fd, name) : undefined,
    [Symbol.dispose]: () => close(fd),
  };
}

function linkTarget(fd: number, name: string): string {
  const target = tryReadlinkAt(fd, '');
  if (typeof target === 'number') throw sysError(-target, 'read link', name);
  return Buffer.from(target).toString();
}

/** `/a/../b//c/` → `/b/c/`; a last `.` stays, as it means a folder's content. */
function tidy(path: string): string {
  const normal = normalize(path);
  if (!/\/\.$/.test(path)) return normal;
  return normal.endsWith('/') ? `${normal}.` : `${normal}/.`;
}
