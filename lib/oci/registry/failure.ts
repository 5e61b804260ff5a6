/**
 * The technical side of a registry's error, which a retry goes by: the `cause` of the ProaError, found again through any
 * context added on the way. A plain record, without the URL's query and without headers.
 */
export interface Failure {
  readonly kind: 'registry-failure';
  readonly detail: string;
  /** Could the same request succeed a little later? */
  readonly retryable: boolean;
  /** HTTP. */
  readonly status?: number;
  /** Milliseconds that the registry asks to wait. */
  readonly retryAfter?: number | undefined;
  /** An errno name, or what TLS calls its error. */
  readonly code?: string;
}

/** Waiting longer than this on a registry's word makes a user think it hangs: then it is an error that says how long. */
export const RETRY_AFTER_MAX = 60_000;

/** Could the same request succeed a little later? False for anything that is not a registry's hiccup. */
export function isRetryable(error: unknown): boolean {
  return failureOf(error)?.retryable === true;
}

/** Milliseconds that the registry asked to wait, if it did. */
export function retryAfterOf(error: unknown): number | undefined {
  return failureOf(error)?.retryAfter;
}

function failureOf(error: unknown): Failure | undefined {
  for (let e = error; typeof e === 'object' && e !== null; e = (e as { cause?: unknown }).cause) {
    if ((e as Partial<Failure>).kind === 'registry-failure') return e as Failure;
  }
  return undefined;
}

/** A URL as it may be shown: signed queries, user names and fragments are cut away. */
export function redactUrl(url: string | URL): string {
  const { protocol, host, pathname, search } = new URL(url);
  return `${protocol}//${host}${pathname}${search === '' ? '' : '?…'}`;
}

/** Text from outside, for a terminal and a log: no control characters, no token, no signed URL, not too long. */
export function harmless(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();
  const redacted = plain
    .replace(/\b(Bearer|Basic)\s+\S+/gi, '$1 …')
    .replace(/(https?:\/\/[^\s?]*)\?\S+/gi, '$1?…');
  return redacted.length > 200 ? `${redacted.slice(0, 200)}…` : redacted;
}

/** A hiccup that no system call reported: silence for too long. */
export function timeoutError(why: string): Error {
  return Object.assign(new Error(why), { code: 'ETIMEDOUT' });
}
