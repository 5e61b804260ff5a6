/** Sending a blob (distribution-spec, "Pushing a blob in chunks"), in pieces that go on from where the registry has them. */
import { hasCode } from '../../core/error.ts';
import type { Digest } from '../model/digest.ts';
import { discard } from './body.ts';
import type { Purpose } from './errors.ts';
import type { Answer, HttpRequest } from './http.ts';
import {
  broken,
  hasBlob,
  isSuccess,
  locationOf,
  pushing,
  startUpload,
  type UploadOptions,
  type UploadUrl,
} from './push.ts';
import { retryDelay, waitForRetry, withRetries } from './retry.ts';
import type { RegistrySession } from './session.ts';

/** Bytes of one request. Held twice: one piece is on its way while the next is made. */
const PIECE = 8 << 20;
/** No registry of good will asks for larger pieces than this (distribution-spec, OCI-Chunk-Min-Length). */
const PIECE_MAX = 64 << 20;

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

/**
 * As {@link uploadBlob}, and from the beginning again when the registry lost what it had. (The reference registry gives up
 * an upload when its answer to a piece was lost on the way.)
 * @param open the bytes from the first one on, the same each time
 */
export async function uploadPersistently(
  session: RegistrySession,
  repository: string,
  open: () => AsyncIterable<Uint8Array>,
  options: UploadOptions & { upload?: UploadUrl } = {},
): Promise<{ digest: Digest; size: number }> {
  let { upload } = options;
  for (let failures = 1; ; failures++) {
    try {
      return await uploadBlob(session, repository, open(), { ...options, upload });
    } catch (error) {
      if (!hasCode(error, 'UPLOAD_LOST') || failures >= session.retry.attempts) throw error;
      const delay = retryDelay(session.retry, failures, error);
      options.onRetry?.({ error, failures, delay });
      await session.retry.sleep(delay, options.signal);
      upload = undefined;
    }
  }
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

/** END of `Range: 0-END` (also with `bytes=`). */
function lastByte(range: string | null): number | undefined {
  const match = /^(?:bytes=)?0-(\d{1,15})$/.exec(range?.trim() ?? '');
  return match ? Number(match[1]) : undefined;
}
