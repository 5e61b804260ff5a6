import { networkError, type Purpose } from './errors.ts';
import { timeoutError } from './failure.ts';
import type { Answer, HttpResponse } from './http.ts';

/**
 * The chunks of an answer's body as they come from the socket, without a copy. Errors become ours. When nothing arrives
 * for `stallTimeout` milliseconds the connection counts as lost: a NAT or a sleeping laptop drops it without a word. The
 * time that the consumer takes does not count.
 */
export async function* streamBody(
  answer: Answer,
  purpose: Purpose,
  options: { stallTimeout: number; signal?: AbortSignal | undefined },
): AsyncGenerator<Uint8Array, void, void> {
  const { stallTimeout, signal } = options;
  const { body } = answer.response;
  let waitingSince = Date.now();
  const watch = setInterval(() => {
    if (Date.now() - waitingSince < stallTimeout) return;
    body.destroy(timeoutError(`nothing came for ${Math.round(stallTimeout / 1000)} seconds`));
  }, stallTimeout / 4);
  watch.unref();
  try {
    for await (const chunk of body) {
      waitingSince = Number.POSITIVE_INFINITY;
      yield chunk;
      waitingSince = Date.now();
    }
  } catch (error) {
    throw signal?.aborted ? signal.reason : networkError(error, answer.url, purpose, true);
  } finally {
    clearInterval(watch);
  }
}

/** Up to `limit` bytes of a body, and whether that is all of it; when it is not, the connection is given up. */
export async function readBody(
  answer: Answer,
  purpose: Purpose,
  options: { limit: number; stallTimeout: number; signal?: AbortSignal | undefined },
): Promise<{ bytes: Uint8Array; whole: boolean }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of streamBody(answer, purpose, options)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > options.limit) break;
  }
  return { bytes: Buffer.concat(chunks).subarray(0, options.limit), whole: length <= options.limit };
}

const DISCARD_MAX_BYTES = 64 * 1024;
const DISCARD_TIMEOUT = 2_000;

/**
 * The start of the body of an error or a redirect, as text: what came of it within two seconds. Read to its end it also
 * leaves the connection open for the next request.
 */
export async function readStart(response: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const timer = setTimeout(() => response.body.destroy(), DISCARD_TIMEOUT);
  try {
    for await (const chunk of response.body) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= DISCARD_MAX_BYTES) break;
    }
  } catch {
    // It broke off or took too long: the status is what counts, these words only explain it.
  } finally {
    clearTimeout(timer);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** Reads what nobody wants. */
export async function discard(response: HttpResponse): Promise<void> {
  await readStart(response);
}
