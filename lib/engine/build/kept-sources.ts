/** What builds keep of their sources: digests of contexts' files, and downloads. All of it only saves work. */
import { readdirSync, statSync } from 'node:fs';
import { spaceOf } from '../../core/disk-space.ts';
import { hasCode } from '../../core/error.ts';
import { AT_FDCWD, tryUnlinkAt } from '../../core/sys/file.ts';
import type { Store } from '../../storage/store.ts';
import { downloadFolder, urlsOfDownloads } from './add-downloads.ts';
import { contextOf, knownFolder } from './copy-known.ts';

export interface KeptSource {
  /** 64 hex digits: its name on disk. */
  readonly id: string;
  readonly description: string;
  /** Bytes on disk. */
  readonly size: number;
  /** RFC 3339. */
  readonly created: string;
  /** Milliseconds since 1970. */
  readonly lastUsed: number;
}

export function listKeptSources(store: Store): KeptSource[] {
  const urls = urlsOfDownloads(store);
  return [
    ...list(knownFolder(store), (file) => `digests of the files in ${contextOf(file) ?? 'a context'}`),
    ...list(downloadFolder(store), (_, name) => `http url ${urls.get(name) ?? 'that was forgotten'}`),
  ];
}

/** Returns whether there was one. */
export function removeKeptSource(store: Store, id: string): boolean {
  const gone = [knownFolder(store), downloadFolder(store)].map((folder) =>
    tryUnlinkAt(AT_FDCWD, `${folder}/${id}`),
  );
  return gone.includes(0);
}

function list(folder: string, describe: (file: string, name: string) => string): KeptSource[] {
  return names(folder).flatMap((id) => {
    const file = `${folder}/${id}`;
    const status = statSync(file, { throwIfNoEntry: false });
    // It went between our looks.
    if (status === undefined) return [];
    const created = status.birthtime.toISOString();
    return { id, description: describe(file, id), size: spaceOf(file), created, lastUsed: status.mtimeMs };
  });
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^[0-9a-f]{64}$/.test(name));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
