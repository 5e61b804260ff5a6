import { ProaError } from '../../core/error.ts';
import type { Descriptor } from '../model/descriptor.ts';
import { shortId } from '../model/digest.ts';
import type { RegistryClient } from './client.ts';
import { endedEarly } from './errors.ts';
import { isRetryable } from './failure.ts';
import { type RetryNotice, waitForRetry } from './retry.ts';

export interface ReadBlobOptions {
  /** Bytes that are there already: the first byte yielded is the one at this offset. */
  readonly offset?: number;
  readonly signal?: AbortSignal;
  readonly onRetry?: (notice: RetryNotice) => void;
}

/**
 * A blob's bytes from `offset` to its size, however often the connection breaks: after a hiccup it goes on where it
 * stopped (Range), or skips what it has when the registry sends everything again. It gives up after `retry.attempts`
 * failures in a row without a single new byte. Chunks are the socket's own, not copied, and may be of any length.
 *
 * Exactly `descriptor.size - offset` bytes come, or it throws (SIZE_MISMATCH, CONNECTION_LOST, …); it does not hash, so
 * the consumer verifies the digest. Leaving the loop early closes the connection.
 */
export async function* readBlob(
  client: RegistryClient,
  repository: string,
  descriptor: Pick<Descriptor, 'digest' | 'size'>,
  options: ReadBlobOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const { digest, size } = descriptor;
  const { signal } = options;
  const which = `${client.registry}/${repository}@${digest}`;
  let position = options.offset ?? 0;
  if (position > size)
    throw new RangeError(`offset ${position} of blob ${shortId(digest)} is behind its end ${size}`);
  let failures = 0;
  while (position < size) {
    try {
      const answer = await client.getBlob(repository, digest, { offset: position, signal });
      if (answer.size !== undefined && answer.size !== size) {
        answer.cancel();
        throw sizeMismatch(which, size, `${answer.size}`);
      }
      let skip = answer.status === 200 ? position : 0;
      for await (const chunk of answer.body) {
        const fresh = skip > 0 ? chunk.subarray(Math.min(skip, chunk.length)) : chunk;
        skip -= chunk.length - fresh.length;
        if (fresh.length === 0) continue;
        if (position + fresh.length > size) throw sizeMismatch(which, size, 'more');
        position += fresh.length;
        failures = 0;
        yield fresh;
      }
      if (position < size) throw endedEarly(`get blob: ${which}`, position, size);
    } catch (error) {
      // Everything is here, and only the end of the transfer was untidy.
      if (position === size && isRetryable(error)) return;
      await waitForRetry(client.retry, ++failures, error, options);
    }
  }
}

function sizeMismatch(which: string, expected: number, actual: string): ProaError {
  const message = `get blob: ${which}: the manifest says ${expected} bytes, the registry sends ${actual}`;
  return new ProaError('SIZE_MISMATCH', message, {
    hint: 'the image in the registry is damaged: push it again',
  });
}
