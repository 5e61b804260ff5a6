/**
 * Files that ADD downloaded, kept with what the server said of them (RFC 9110, section 13), so that it can be asked whether
 * they are still the same. ROOT/build-cache/http/URLHASH.json is what is known of an address, HEX a content by its digest.
 * All of it can be deleted at any time.
 */
import { mkdirSync, readdirSync, statSync, unlinkSync, utimesSync } from 'node:fs';
import { readRecord, writeFileAtomic } from '../../core/atomic-file.ts';
import { hasCode } from '../../core/error.ts';
import { AT_FDCWD, close, O, open, renameAt2, tryUnlinkAt, writeAll } from '../../core/sys/file.ts';
import type { Store } from '../../storage/store.ts';
import { shownUrl } from '../image/web-archive.ts';

interface DownloadRecord {
  readonly version: number;
  readonly url: string;
  readonly etag?: string;
  /** As the server wrote it. */
  readonly lastModified?: string;
  /** The name that the server gives the file. */
  readonly name?: string;
  /** `sha256:HEX`. */
  readonly digest: string;
}

type DownloadFacts = Omit<DownloadRecord, 'version' | 'digest'>;

export interface Download extends Omit<DownloadRecord, 'version'> {
  /** Where the bytes are. */
  readonly path: string;
}

/** Milliseconds after which a file that no build asked for goes. */
const STALE = 30 * 24 * 3_600_000;

export function downloadFolder(store: Store): string {
  return `${store.root}/build-cache/http`;
}

/** What the address led to last time, when its bytes are still here. */
export function lastDownload(store: Store, url: string): Download | undefined {
  const record = readRecord<DownloadRecord>(recordPath(store, url));
  if (record === undefined || record.url !== url) return undefined;
  return present(store, record);
}

/** The bytes of this digest, from the address or from any other. */
export function findDownload(store: Store, url: string, digest: string): Download | undefined {
  const last = lastDownload(store, url);
  return last?.digest === digest ? last : present(store, { url, digest });
}

function present(store: Store, record: Omit<DownloadRecord, 'version'>): Download | undefined {
  const path = contentPath(store, record.digest);
  const now = new Date();
  try {
    utimesSync(path, now, now);
    return { ...record, path };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/**
 * Writes a file down as it comes.
 * @param accept throws for a digest that is not wanted; nothing is kept then
 */
export async function keepDownload(
  store: Store,
  facts: DownloadFacts,
  chunks: AsyncIterable<Uint8Array>,
  accept: (digest: string) => void,
): Promise<Download> {
  mkdirSync(downloadFolder(store), { recursive: true, mode: 0o700 });
  forgetStale(store);
  const fresh = `${downloadFolder(store)}/new-${crypto.randomUUID()}`;
  const fd = open(fresh, O.WRONLY | O.CREAT | O.EXCL, 0o600);
  try {
    const hasher = new Bun.CryptoHasher('sha256');
    for await (const chunk of chunks) {
      hasher.update(chunk);
      writeAll(fd, chunk, 'download');
    }
    const digest = `sha256:${hasher.digest('hex')}`;
    accept(digest);
    const path = contentPath(store, digest);
    renameAt2(fresh, path);
    const record: DownloadRecord = { version: 1, ...facts, digest };
    writeFileAtomic(recordPath(store, facts.url), `${JSON.stringify(record)}\n`, { mode: 0o600 });
    return { ...facts, digest, path };
  } catch (error) {
    tryUnlinkAt(AT_FDCWD, fresh);
    throw error;
  } finally {
    close(fd);
  }
}

/** The address of each content, by the 64 hex digits of its digest; without passwords. */
export function urlsOfDownloads(store: Store): Map<string, string> {
  const urls = new Map<string, string>();
  let names: string[] = [];
  try {
    names = readdirSync(downloadFolder(store));
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  for (const name of names.filter((file) => file.endsWith('.json'))) {
    const record = readRecord<DownloadRecord>(`${downloadFolder(store)}/${name}`);
    if (record !== undefined) urls.set(record.digest.slice('sha256:'.length), shownUrl(record.url));
  }
  return urls;
}

function contentPath(store: Store, digest: string): string {
  return `${downloadFolder(store)}/${digest.slice('sha256:'.length)}`;
}

function recordPath(store: Store, url: string): string {
  return `${downloadFolder(store)}/${new Bun.CryptoHasher('sha256').update(url).digest('hex')}.json`;
}

function forgetStale(store: Store): void {
  for (const name of readdirSync(downloadFolder(store))) {
    const file = `${downloadFolder(store)}/${name}`;
    const status = statSync(file, { throwIfNoEntry: false });
    if (status === undefined || Date.now() - status.mtimeMs < STALE) continue;
    try {
      unlinkSync(file);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error; // another build was faster
    }
  }
}
