/** One case of the differential suite of builds: a context, a Dockerfile and how it is built. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { trySetXattr } from '../../../lib/core/sys/file.ts';

/** What stands in a context: text, or something else; null takes it away (in a later build). Names that end in `/` are folders. */
export type Item =
  | string
  | null
  | {
      text?: string;
      /** Octal, with the sticky bit and its like. */
      mode?: number;
      owner?: [uid: number, gid: number];
      /** Target of a symbolic link. */
      link?: string;
      /** Path in the context of which it is another name. */
      hard?: string;
      fifo?: true;
      /** Bytes of zeros. */
      size?: number;
      /** In hex. */
      xattrs?: Readonly<Record<string, string>>;
      /** Packs these into it: `gzip`, `bzip2`, `xz`, `zstd` or `cat`. */
      tar?: { by: string; items: Items };
    };
export type Items = Readonly<Record<string, Item>>;

/** A build after the first one, to see what of it is taken from the cache. */
export interface Again {
  files?: Items;
  dockerfile?: string;
  options?: readonly string[];
  /** Only the files' times are new. */
  touch?: true;
}

export interface BuildCase {
  name: string;
  files?: Items;
  /** `@{base}` is the base image, `@{NAME}` one of `others`, `@{case}` a word that no other case has, `@{folder}` a folder of its own. It is the file Dockerfile of the context, unless `file` names another. */
  dockerfile: string;
  file?: string;
  /** Of `build`, beside the name, the network and the context. */
  options?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** The context: a folder of it, or `-` for what `stdin` says. */
  context?: string;
  stdin?: 'dockerfile' | 'tar' | 'tar.gz';
  /** Images that are built before, of the same context. */
  others?: Readonly<Record<string, string>>;
  /**
   * Builds that follow. What a step wrote at random into a file `/id…` tells whether it was run again: of each such file it
   * is compared with which build it appeared.
   */
  again?: readonly Again[];
  /** That the build must not succeed, on either: so that no case passes as both refuse it. */
  fails?: true;
  /** What is known to differ (`code`, `mtime`, `since`, a field of the configuration, the start of a path, or
   * a path with `$` behind it), and why that is right. */
  but?: readonly string[];
  why?: string;
}

/** When all files of a context were changed, by their own account. Seconds since 1970. */
export const CONTEXT_TIME = 1_700_000_000;

/** Writes a context, or what is new in it, with the same times each time. */
export function writeItems(folder: string, items: Items, time = CONTEXT_TIME): void {
  for (const [name, item] of Object.entries(items)) {
    const path = `${folder}/${name}`;
    if (item === null) {
      rmSync(path, { recursive: true });
      continue;
    }
    const {
      text = '',
      mode,
      owner,
      link,
      hard,
      fifo,
      size,
      xattrs = {},
      tar,
    } = typeof item === 'string' ? { text: item } : item;
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (link !== undefined) symlinkSync(link, path);
    else if (hard !== undefined) linkSync(`${folder}/${hard}`, path);
    else if (fifo) execFileSync('mkfifo', [path]);
    else if (tar !== undefined) pack(path, tar.by, tar.items);
    else if (!name.endsWith('/')) writeFileSync(path, text);
    if (size !== undefined) truncateSync(path, size);
    if (owner !== undefined) chownSync(path, ...owner);
    if (link === undefined && hard === undefined)
      chmodSync(path, mode ?? (name.endsWith('/') ? 0o755 : 0o644));
    for (const [key, value] of Object.entries(xattrs)) trySetXattr(path, key, Buffer.from(value, 'hex'));
  }
  setTimes(folder, time);
}

/** Gives everything below a folder, and itself, the same time. */
export function setTimes(folder: string, time: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) setTimes(path, time);
    else lutimesSync(path, time, time);
  }
  lutimesSync(folder, time, time);
}

function pack(path: string, by: string, items: Items): void {
  const folder = `${path}.items`;
  mkdirSync(folder);
  writeItems(folder, items);
  const script = 'tar --sort=name -c -C "$1" . | "$2" > "$3"';
  execFileSync('sh', ['-ec', script, 'sh', folder, by, path]);
  rmSync(folder, { recursive: true });
}
