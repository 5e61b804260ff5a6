/** The pushing half of the OCI distribution specification but for the bytes of blobs, which upload.ts sends. */
import { ProaError } from '../../core/error.ts';
import { type Digest, isDigest } from '../model/digest.ts';
import { discard } from './body.ts';
import type { Purpose } from './errors.ts';
import type { Answer, HttpRequest } from './http.ts';
import { type RetryNotice, withRetries } from './retry.ts';
import type { RegistrySession } from './session.ts';

export interface UploadOptions {
  readonly signal?: AbortSignal;
  readonly onRetry?: (notice: RetryNotice) => void;
  /** Bytes that the registry has so far. */
  readonly onProgress?: (sent: number) => void;
}

/** Where the bytes of a blob are to be sent: the Location that the registry named, which may be of another host. */
export type UploadUrl = URL;

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

/** Makes a manifest visible under a tag or its digest. @throws ProaError DENIED, MANIFEST_INVALID, … */
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

/** @param query asks for a mount @returns undefined when nothing needs to be sent */
export function startUpload(
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

/** What an error of a push names. */
export function pushing(session: RegistrySession, what: string, which: string): Purpose {
  return { ...session.purpose(what, 'blob', `${session.registry}/${which}`), right: 'push' };
}

export function isSuccess({ response: { status } }: Answer): boolean {
  return status >= 200 && status < 300;
}

/**
 * The next request's URL: absolute or relative, as registries like. Behind a proxy that ends TLS some name themselves
 * `http:`; what was reached by HTTPS is not left for that.
 */
export function locationOf(answer: Answer): URL | undefined {
  const location = answer.response.headers.get('location');
  const url = location === null ? null : URL.parse(location, answer.url.href);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  if (answer.url.protocol === 'https:' && url.hostname === answer.url.hostname) {
    url.protocol = 'https:';
    url.port = answer.url.port;
  }
  return url;
}

/** What the registry does does not fit together. */
export function broken(
  session: RegistrySession,
  repository: string,
  why: string,
  cause?: unknown,
): ProaError {
  return new ProaError('UPLOAD_LOST', `upload blob: ${session.registry}/${repository}: ${why}`, {
    hint: 'Push again: what is there already is not sent twice',
    cause,
  });
}
