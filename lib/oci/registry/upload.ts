/**
 * The pushing half of the OCI distribution specification ("Pushing Blobs", "Pushing Manifests"): blobs in pieces that
 * are sent again from where the registry has them, manifests as they are.
 */
import { ProaError } from '../../core/error.ts';
import { type Digest, isDigest } from '../model/digest.ts';
import { discard } from './body.ts';
import type { Purpose } from './errors.ts';
import type { Answer, HttpRequest } from './http.ts';
import { type RetryNotice, waitForRetry, withRetries } from './retry.ts';
import type { RegistrySession } from './session.ts';

export interface UploadOptions {
  readonly signal?: AbortSignal;
  readonly onRetry?: (notice: RetryNotice) => void;
  /** Bytes that the registry has so far. */
  readonly onProgress?: (sent: number) => void;
}

/** Where the bytes of a blob are to be sent: the Location that the registry named, which may be of another host. */
export type UploadUrl = URL;

/** Bytes of one request. Held twice: one piece is on its way while the next is made. */
const PIECE = 8 << 20;
/** No registry of good will asks for larger pieces than this (distribution-spec, OCI-Chunk-Min-Length). */
const PIECE_MAX = 64 << 20;

/** Whether the registry has a blob in this repository. @throws ProaError UNAUTHORIZED, DENIED, … */
export function hasBlob(
  session: RegistrySession,
  repository: string,
  digest: Digest,
  options: UploadOptions = {},
): Promise<boolean> {
  const purpose = pushing(session, 'look for blob', `${repository}@${digest}`);
  return withRetries(
    session.retry,
    async () => {
      const request: HttpRequest = { method: 'HEAD', signal: options.signal };
      const answer = await session.request(repository, `/v2/${repository}/blobs/${digest}`, request, purpose);
      const { status } = answer.response;
      if (status !== 200 && status !== 404) throw await session.refusal(answer, repository, purpose);
      await discard(answer.response);
      return status === 200;
    },
    options,
  );
}

/**
 * Asks the registry to take a blob from another of its repositories.
 * @returns undefined when it did; else where to send the blob
 */
export function mountBlob(
  session: RegistrySession,
  repository: string,
  digest: Digest,
  from: string,
  options: UploadOptions = {},
): Promise<UploadUrl | undefined> {
  return startUpload(session, repository, `?${new URLSearchParams({ mount: digest, from })}`, options);
}

/**
 * Sends a blob, whatever its size, in flat memory. Its digest is taken on the way.
 * @param upload what {@link mountBlob} returned
 * @throws ProaError UNAUTHORIZED, DENIED, DIGEST_MISMATCH, UPLOAD_LOST, …, or what `source` throws
 */
export async function uploadBlob(
  session: RegistrySession,
  repository: string,
  source: AsyncIterable<Uint8Array>,
  options: UploadOptions & { upload?: UploadUrl } = {},
): Promise<{ digest: Digest; size: number }> {
  const start = options.upload ?? (await startUpload(session, repository, '', options));
  // Only a registry that wants a digest to begin with answers so, and none did.
  if (start === undefined) throw broken(session, repository, 'it took a blob that was not sent');
  const upload = new Upload(session, repository, start, options);
  const hasher = new Bun.CryptoHasher('sha256');
  let piece = new Piece(upload.pieceSize);
  let sending: Promise<void> = Promise.resolve();
  // A failure shows at the next await; until then it must not count as unhandled.
  const watched = (work: Promise<void>): Promise<void> => {
    work.catch(() => {});
    return work;
  };
  for await (const chunk of source) {
    options.signal?.throwIfAborted();
    hasher.update(chunk);
    for (let at = 0; at < chunk.length; ) {
      at += piece.add(chunk, at);
      if (!piece.full) continue;
      await sending;
      sending = watched(upload.send(piece.bytes));
      piece = new Piece(upload.pieceSize);
    }
  }
  await sending;
  const digest = `sha256:${hasher.digest('hex')}` as Digest;
  await upload.finish(piece.bytes, digest);
  return { digest, size: upload.offset };
}

/** @returns the manifest's digest, as the registry says it @throws ProaError DENIED, MANIFEST_INVALID, … */
export function putManifest(
  session: RegistrySession,
  repository: string,
  tagOrDigest: string,
  manifest: { bytes: Uint8Array; mediaType: string },
  options: UploadOptions = {},
): Promise<void> {
  const separator = isDigest(tagOrDigest) ? '@' : ':';
  const which = `${session.registry}/${repository}${separator}${tagOrDigest}`;
  const purpose: Purpose = { ...session.purpose('put manifest', 'manifest', which), right: 'push' };
  return withRetries(
    session.retry,
    async () => {
      const headers = { 'content-type': manifest.mediaType };
      const request: HttpRequest = { method: 'PUT', headers, body: manifest.bytes, signal: options.signal };
      const path = `/v2/${repository}/manifests/${tagOrDigest}`;
      const answer = await session.request(repository, path, request, purpose);
      if (!isSuccess(answer)) throw await session.refusal(answer, repository, purpose);
      await discard(answer.response);
    },
    options,
  );
}

function startUpload(
  session: RegistrySession,
  repository: string,
  query: string,
  options: UploadOptions,
): Promise<UploadUrl | undefined> {
  const purpose = pushing(session, 'start upload', repository);
  return withRetries(
    session.retry,
    async () => {
      const request: HttpRequest = {
        method: 'POST',
        headers: { 'content-length': '0' },
        signal: options.signal,
      };
      const answer = await session.request(
        repository,
        `/v2/${repository}/blobs/uploads/${query}`,
        request,
        purpose,
      );
      const { status } = answer.response;
      if (status !== 201 && status !== 202) throw await session.refusal(answer, repository, purpose);
      await discard(answer.response);
      if (status === 201) return undefined;
      return (
        locationOf(answer) ?? Promise.reject(broken(session, repository, 'it names no place to send to'))
      );
    },
    options,
  );
}

/** One blob on its way. */
class Upload {
  /** Bytes that the registry has. */
  offset = 0;
  private readonly purpose: Purpose;

  constructor(
    private readonly session: RegistrySession,
    private readonly repository: string,
    private url: UploadUrl,
    private readonly options: UploadOptions,
  ) {
    this.purpose = pushing(session, 'upload blob', repository);
  }

  pieceSize = PIECE;

  /** Sends the next bytes; after a hiccup the registry is asked how many of them it has. */
  async send(bytes: Uint8Array): Promise<void> {
    const end = this.offset + bytes.length;
    for (let failures = 0; this.offset < end; ) {
      const rest = bytes.subarray(bytes.length - (end - this.offset));
      try {
        await this.patch(rest);
      } catch (error) {
        await waitForRetry(this.session.retry, ++failures, error, this.options);
        await this.resume(end - bytes.length, end, error);
      }
    }
  }

  /** The last bytes and the digest in one request, which is also all there is to a small blob. */
  async finish(bytes: Uint8Array, digest: Digest): Promise<void> {
    // Not every registry takes bytes with the end of an upload that came in pieces.
    if (this.offset > 0 && bytes.length > 0) {
      await this.send(bytes);
      bytes = bytes.subarray(0, 0);
    }
    const size = this.offset + bytes.length;
    await withRetries(
      this.session.retry,
      async () => {
        const url = new URL(this.url);
        url.searchParams.set('digest', digest);
        const headers = {
          'content-length': String(bytes.length),
          'content-type': 'application/octet-stream',
        };
        const answer = await this.request(url, {
          method: 'PUT',
          headers,
          ...(bytes.length > 0 && { body: bytes }),
        });
        if (answer.response.status === 404) {
          // The answer to the attempt before may have been lost on its way.
          await discard(answer.response);
          if (await hasBlob(this.session, this.repository, digest, this.options)) return;
          throw broken(this.session, this.repository, 'it does not know the upload any more');
        }
        if (!isSuccess(answer)) throw await this.session.refusal(answer, this.repository, this.purpose);
        await discard(answer.response);
      },
      this.options,
    );
    this.offset = size;
    this.options.onProgress?.(size);
  }

  private async patch(bytes: Uint8Array): Promise<void> {
    const headers = {
      'content-length': String(bytes.length),
      'content-range': `${this.offset}-${this.offset + bytes.length - 1}`,
      'content-type': 'application/octet-stream',
    };
    const answer = await this.request(this.url, { method: 'PATCH', headers, body: bytes });
    const { status, headers: received } = answer.response;
    if (status !== 202 && status !== 201 && status !== 204)
      throw await this.session.refusal(answer, this.repository, this.purpose);
    await discard(answer.response);
    this.url = locationOf(answer) ?? this.url;
    const least = Number(received.get('oci-chunk-min-length') ?? 0);
    this.pieceSize = Math.min(Math.max(PIECE, Number.isFinite(least) ? least : 0), PIECE_MAX);
    // Range is inclusive: 0-0 is one byte, or none with registries that have no better word for it.
    const has = lastByte(received.get('range'));
    this.offset = has === undefined ? this.offset + bytes.length : has + 1;
    this.options.onProgress?.(this.offset);
  }

  /** Asks where the upload stands. `from` and `end` are the bytes that are still here to be sent. */
  private async resume(from: number, end: number, failure: unknown): Promise<void> {
    const answer = await this.request(this.url, { method: 'GET' });
    const has = lastByte(answer.response.headers.get('range'));
    const known = answer.response.status === 204 || answer.response.status === 202;
    await discard(answer.response);
    // A registry that cannot say: then it has what it had before, or the next request fails for good.
    if (!known) {
      if (answer.response.status === 405) return;
      throw broken(this.session, this.repository, 'it does not know the upload any more', failure);
    }
    this.url = locationOf(answer) ?? this.url;
    const offset = has === undefined || (has === 0 && from === 0) ? 0 : has + 1;
    if (offset < from || offset > end) {
      throw broken(
        this.session,
        this.repository,
        `it has ${offset} bytes, which are not those that were sent`,
        failure,
      );
    }
    this.offset = offset;
  }

  private request(url: URL, request: HttpRequest): Promise<Answer> {
    const { signal } = this.options;
    return this.session.request(this.repository, url, { ...request, signal }, this.purpose);
  }
}

/** Bytes that are gathered for one request. */
class Piece {
  private readonly buffer: Buffer;
  private used = 0;

  constructor(size: number) {
    this.buffer = Buffer.allocUnsafe(size);
  }

  /** Takes what fits of `chunk` from `at` on. Returns how much. */
  add(chunk: Uint8Array, at: number): number {
    const n = Math.min(chunk.length - at, this.buffer.length - this.used);
    this.buffer.set(chunk.subarray(at, at + n), this.used);
    this.used += n;
    return n;
  }

  get full(): boolean {
    return this.used === this.buffer.length;
  }

  get bytes(): Uint8Array {
    return this.buffer.subarray(0, this.used);
  }
}

function pushing(session: RegistrySession, what: string, which: string): Purpose {
  return { ...session.purpose(what, 'blob', `${session.registry}/${which}`), right: 'push' };
}

function isSuccess({ response: { status } }: Answer): boolean {
  return status >= 200 && status < 300;
}

/**
 * The next request's URL: absolute or relative, as registries like. Behind a proxy that ends TLS some name themselves
 * `http:`; what was reached by HTTPS is not left for that.
 */
function locationOf(answer: Answer): URL | undefined {
  const location = answer.response.headers.get('location');
  const url = location === null ? null : URL.parse(location, answer.url.href);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  if (answer.url.protocol === 'https:' && url.hostname === answer.url.hostname) {
    url.protocol = 'https:';
    url.port = answer.url.port;
  }
  return url;
}

/** END of `Range: 0-END` (also with `bytes=`). */
function lastByte(range: string | null): number | undefined {
  const match = /^(?:bytes=)?0-(\d{1,15})$/.exec(range?.trim() ?? '');
  return match ? Number(match[1]) : undefined;
}

function broken(session: RegistrySession, repository: string, why: string, cause?: unknown): ProaError {
  return new ProaError('UPLOAD_LOST', `upload blob: ${session.registry}/${repository}: ${why}`, {
    hint: 'Push again: what is there already is not sent twice',
    cause,
  });
}
