import type { TlsOptions } from './tls.ts';

/** The part of a response that is used here. The body is node-fetch's: a Node stream over the native one. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: HttpBody;
}

export interface HttpBody extends AsyncIterable<Uint8Array> {
  destroy(error?: Error): unknown;
}

/** A response and where it came from at last. */
export interface Answer {
  readonly response: HttpResponse;
  readonly url: URL;
  /** True when a redirect led to another origin than the one that was asked. */
  readonly foreign: boolean;
}

export interface HttpRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

export interface FetchInit extends HttpRequest {
  redirect: 'manual';
  /** Off: a blob is wanted as it is stored, and its digest is of those bytes. */
  decompress: false;
  tls: TlsOptions | undefined;
  /** A URL; false asks the server itself, whatever HTTP_PROXY says. */
  proxy: string | false;
}

export type Fetch = (url: string, init: FetchInit) => Promise<HttpResponse>;

/** Under Bun this is its own implementation over the native fetch, which also takes `tls`, `proxy` and `decompress`. */
export async function loadFetch(): Promise<Fetch> {
  return (await import('node-fetch')).default as unknown as Fetch;
}
