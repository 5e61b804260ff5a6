import { ProaError } from '../../core/error.ts';
import { type Digest, digestAlgorithm, digestOf, isDigest } from '../model/digest.ts';
import { MANIFEST_MAX_BYTES } from '../model/manifest.ts';
import { bareMediaType, MANIFEST_MEDIA_TYPES } from '../model/media-type.ts';
import { discard, readBody, streamBody } from './body.ts';
import type { Answer, HttpRequest } from './http.ts';
import { type RetryNotice, type RetryPolicy, withRetries } from './retry.ts';
import { type RegistryOptions, RegistrySession } from './session.ts';

export type { RegistryOptions } from './session.ts';

/** The pulling half of the OCI distribution specification, for one registry. Safe for concurrent use. */
export interface RegistryClient {
  readonly registry: string;
  readonly retry: RetryPolicy;
  /** What pushing is done with, see upload.ts. */
  readonly session: RegistrySession;
  /**
   * Fetches a manifest by tag or digest, retrying hiccups. Its bytes are verified: against the digest that was asked
   * for, else against the registry's Docker-Content-Digest. Throws MANIFEST_UNKNOWN, UNAUTHORIZED, DIGEST_MISMATCH, ….
   */
  getManifest(repository: string, tagOrDigest: string, options?: RequestOptions): Promise<FetchedManifest>;
  /** What a tag points at, without fetching it where the registry can say so. */
  headManifest(repository: string, tagOrDigest: string, options?: RequestOptions): Promise<ManifestHead>;
  /**
   * One attempt at a blob, from `offset` on. The bytes are not verified and the connection may break: `readBlob` of
   * download.ts is made of this. Throws BLOB_UNKNOWN, UNAUTHORIZED, CONNECTION_LOST, ….
   */
  getBlob(repository: string, digest: Digest, options?: BlobOptions): Promise<BlobAnswer>;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
  readonly onRetry?: (notice: RetryNotice) => void;
}

export interface BlobOptions {
  readonly offset?: number;
  readonly signal?: AbortSignal;
}

export interface ManifestHead {
  readonly digest: Digest;
  /** Undefined when the registry does not say, or says something vague like application/json. */
  readonly mediaType: string | undefined;
}

export interface FetchedManifest extends ManifestHead {
  readonly bytes: Uint8Array;
}

export interface BlobAnswer {
  /** 206 starts at the offset that was asked for; 200 is the whole blob, for not every registry knows Range. */
  readonly status: 200 | 206;
  /** Bytes of the whole blob, if the registry says so. */
  readonly size: number | undefined;
  readonly body: AsyncIterable<Uint8Array>;
  /** Closes the connection of a body that nobody will iterate over. */
  cancel(): void;
}

const ACCEPT = MANIFEST_MEDIA_TYPES.join(', ');

/** Opens a registry by its name (`docker.io`, `quay.io`, `localhost:5000`). Nothing is sent before the first request. */
export function openRegistry(registry: string, options: RegistryOptions = {}): RegistryClient {
  return new Client(new RegistrySession(registry, options));
}

class Client implements RegistryClient {
  constructor(readonly session: RegistrySession) {}

  get registry(): string {
    return this.session.registry;
  }

  get retry(): RetryPolicy {
    return this.session.retry;
  }

  getManifest(
    repository: string,
    tagOrDigest: string,
    options: RequestOptions = {},
  ): Promise<FetchedManifest> {
    return withRetries(
      this.retry,
      () => this.fetchManifest(repository, tagOrDigest, options.signal),
      options,
    );
  }

  async headManifest(
    repository: string,
    tagOrDigest: string,
    options: RequestOptions = {},
  ): Promise<ManifestHead> {
    const head = await withRetries(
      this.retry,
      () => this.askManifest(repository, tagOrDigest, options.signal),
      options,
    );
    return head ?? this.getManifest(repository, tagOrDigest, options);
  }

  async getBlob(repository: string, digest: Digest, options: BlobOptions = {}): Promise<BlobAnswer> {
    const { offset = 0, signal } = options;
    const purpose = this.session.purpose('get blob', 'blob', `${this.registry}/${repository}@${digest}`);
    const headers: Record<string, string> = offset > 0 ? { range: `bytes=${offset}-` } : {};
    const answer = await this.session.request(
      repository,
      `/v2/${repository}/blobs/${digest}`,
      { headers, signal },
      purpose,
    );
    const { status, headers: received, body: raw } = answer.response;
    if (status !== 200 && status !== 206) throw await this.session.refusal(answer, repository, purpose);
    const size = status === 200 ? wholeNumber(received.get('content-length')) : rangeTotal(received, offset);
    if (size === null) {
      raw.destroy();
      const range = received.get('content-range') ?? 'nothing';
      const why = `asked for the bytes from ${offset} on, the registry sends ${range.slice(0, 80)}`;
      throw new ProaError('REGISTRY_ERROR', `get blob: ${purpose.which}: ${why}`);
    }
    const body = streamBody(answer, purpose, { stallTimeout: this.session.stallTimeout, signal });
    return { status, size, body, cancel: () => void raw.destroy() };
  }

  private async fetchManifest(repository: string, tagOrDigest: string, signal: AbortSignal | undefined) {
    const { purpose, path } = this.manifestTarget(repository, tagOrDigest);
    const answer = await this.session.request(
      repository,
      path,
      { headers: { accept: ACCEPT }, signal },
      purpose,
    );
    if (answer.response.status !== 200) throw await this.session.refusal(answer, repository, purpose);
    const limits = { limit: MANIFEST_MAX_BYTES, stallTimeout: this.session.stallTimeout, signal };
    const { bytes, whole } = await readBody(answer, purpose, limits);
    const fail = (code: string, why: string) => new ProaError(code, `get manifest: ${purpose.which}: ${why}`);
    if (!whole) throw fail('INVALID_MANIFEST', `it has more than ${MANIFEST_MAX_BYTES} bytes`);
    const { digest: expected, mediaType } = headOf(answer);
    const wanted = isDigest(tagOrDigest) ? tagOrDigest : expected;
    const digest = digestOf(bytes, wanted ? digestAlgorithm(wanted) : 'sha256');
    if (wanted !== undefined && digest !== wanted) {
      throw fail('DIGEST_MISMATCH', `the bytes that came have the digest ${digest}, not ${wanted}`);
    }
    return { bytes, mediaType, digest };
  }

  /** Undefined when the registry does not answer HEAD with a digest: then only the manifest itself tells. */
  private async askManifest(repository: string, tagOrDigest: string, signal: AbortSignal | undefined) {
    const { purpose, path } = this.manifestTarget(repository, tagOrDigest);
    const request: HttpRequest = { method: 'HEAD', headers: { accept: ACCEPT }, signal };
    const answer = await this.session.request(repository, path, request, purpose);
    const { status } = answer.response;
    if (status !== 200 && status !== 405 && status !== 501)
      throw await this.session.refusal(answer, repository, purpose);
    await discard(answer.response);
    if (status !== 200) return undefined;
    const { digest, mediaType } = headOf(answer);
    return digest && { digest, mediaType };
  }

  private manifestTarget(repository: string, tagOrDigest: string) {
    const separator = isDigest(tagOrDigest) ? '@' : ':';
    const which = `${this.registry}/${repository}${separator}${tagOrDigest}`;
    return {
      purpose: this.session.purpose('get manifest', 'manifest', which),
      path: `/v2/${repository}/manifests/${tagOrDigest}`,
    };
  }
}

function headOf(answer: Answer): { digest: Digest | undefined; mediaType: string | undefined } {
  const { headers } = answer.response;
  const digest = headers.get('docker-content-digest') ?? '';
  return {
    digest: isDigest(digest) ? digest : undefined,
    mediaType: bareMediaType(headers.get('content-type')),
  };
}

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The total of `Content-Range: bytes START-END/TOTAL` (undefined for `*`), or null when it is not what was asked for. */
function rangeTotal(
  headers: { get(name: string): string | null },
  offset: number,
): number | undefined | null {
  const match = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(headers.get('content-range') ?? '');
  if (!match || Number(match[1]) !== offset) return null;
  return match[2] === '*' ? undefined : Number(match[2]);
}
