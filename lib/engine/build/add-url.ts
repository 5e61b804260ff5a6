/** ADD of a file on a web server. */

import { destinationOf } from '../../build/copy-words.ts';
import { addContext, messageOf, ProaError } from '../../core/error.ts';
import type { Engine } from '../engine.ts';
import { shownUrl } from '../image/web-archive.ts';
import { type Download, findDownload, keepDownload, lastDownload } from './add-downloads.ts';
import type { CopyWords, DownloadSource } from './copy-plan.ts';

/** Answers after which the same question may be answered better. */
const BUSY = new Set([408, 429, 500, 502, 503, 504]);
const ATTEMPTS = 3;

/**
 * Finds what the file's bytes are: a checksum says it without a question; else the server says whether they are those of
 * last time, or they are downloaded.
 * @throws ProaError DOWNLOAD_FAILED, CHECKSUM_MISMATCH, INVALID_CHECKSUM, NO_FILE_NAME
 */
export async function planDownload(
  engine: Engine,
  url: string,
  { checksum, destination }: Pick<CopyWords, 'checksum' | 'destination'>,
  signal: AbortSignal | undefined,
): Promise<DownloadSource> {
  if (checksum !== undefined && !/^sha256:[0-9a-f]{64}$/.test(checksum)) {
    throw new ProaError(
      'INVALID_CHECKSUM',
      `use --checksum=${checksum}: it is not sha256: and 64 hex digits`,
      {
        hint: 'sha256sum FILE says them',
      },
    );
  }
  const name = nameInUrl(url);
  const needsName = destinationOf('/', destination).isFolder;
  if (checksum !== undefined && (name !== '' || !needsName)) {
    return { kind: 'download', url, name: bytes(name || 'file'), digest: checksum };
  }
  const download = await fetchFile(engine, url, checksum, signal);
  const chosen = name || download.name || '';
  if (chosen === '' && needsName) {
    throw new ProaError(
      'NO_FILE_NAME',
      `ADD ${shownUrl(url)} to ${destination}: the address ends without a file's name`,
      {
        hint: `write the name behind the destination: ${destination}NAME`,
      },
    );
  }
  return { kind: 'download', url, name: bytes(chosen || 'file'), digest: download.digest };
}

/** The planned file; downloaded now, when a checksum was all that was known of it. */
export async function openDownload(
  engine: Engine,
  { url, digest }: DownloadSource,
  signal: AbortSignal | undefined,
): Promise<Download> {
  return findDownload(engine.store, url, digest) ?? (await fetchFile(engine, url, digest, signal));
}

async function fetchFile(
  engine: Engine,
  url: string,
  checksum: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Download> {
  const known = lastDownload(engine.store, url);
  try {
    const response = await ask(url, known, signal);
    if (response.status === 304 && known !== undefined) {
      if (checksum === undefined || checksum === known.digest) return known;
      throw mismatch(known.digest, checksum);
    }
    if (!response.ok || response.body === null) {
      throw new ProaError(
        'DOWNLOAD_FAILED',
        `the server answers ${response.status} ${response.statusText}`.trim(),
      );
    }
    const { headers } = response;
    const etag = headers.get('etag') ?? undefined;
    const lastModified = headers.get('last-modified') ?? undefined;
    const name = nameInHeader(headers.get('content-disposition') ?? '');
    const facts = {
      url,
      ...(etag && { etag }),
      ...(lastModified && { lastModified }),
      ...(name && { name }),
    };
    const download = await keepDownload(engine.store, facts, response.body, (digest) => {
      if (checksum !== undefined && digest !== checksum) throw mismatch(digest, checksum);
    });
    return download;
  } catch (error) {
    signal?.throwIfAborted();
    throw addContext(asDownloadError(error), `ADD ${shownUrl(url)}`);
  }
}

async function ask(
  url: string,
  known: Download | undefined,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const headers: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': 'proa' };
  if (known?.etag !== undefined) headers['if-none-match'] = known.etag;
  if (known?.lastModified !== undefined) headers['if-modified-since'] = known.lastModified;
  const { username, password } = new URL(url);
  if (username !== '') {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  for (let attempt = 1; ; attempt++) {
    // What is packed on the server stays packed.
    const options = { headers, decompress: false, ...(signal && { signal }) } as RequestInit;
    const response = await fetch(withoutPassword(url), options);
    if (!BUSY.has(response.status) || attempt === ATTEMPTS) return response;
    await response.body?.cancel();
    await Bun.sleep(attempt * 300);
  }
}

function withoutPassword(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}

/** The last part of the address' path. */
function nameInUrl(text: string): string {
  const { pathname } = new URL(text);
  const last = pathname.slice(pathname.lastIndexOf('/') + 1);
  try {
    return safeName(decodeURIComponent(last));
  } catch {
    return safeName(last); // a stray % is part of the name
  }
}

/** `attachment; filename="x"` (RFC 6266). */
function nameInHeader(header: string): string | undefined {
  const [, quoted, plain] = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(header) ?? [];
  return safeName((quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '').replace(/^.*[/\\]/, '')) || undefined;
}

function safeName(name: string): string {
  return name === '.' || name === '..' || /[/\0]/.test(name) ? '' : name;
}

function bytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function mismatch(digest: string, wanted: string): ProaError {
  return new ProaError('CHECKSUM_MISMATCH', `its digest is ${digest}, not ${wanted}`, {
    hint: 'the file was changed on the server or on its way; take the new digest only when you know why',
  });
}

function asDownloadError(error: unknown): unknown {
  if (error instanceof ProaError) return error;
  return new ProaError('DOWNLOAD_FAILED', messageOf(error), {
    cause: error,
    hint: 'check the address and the network',
  });
}
