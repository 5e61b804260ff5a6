/** What every decoder of compressed layers is like. */
import { ProaError } from '../../core/error.ts';

export interface Decoder extends Disposable {
  /**
   * Decodes all of `source`, whose chunks need to be valid only until the next is asked for.
   * @throws ProaError BAD_COMPRESSION when it is damaged or cut off
   */
  decode(source: Iterable<Uint8Array>): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** The error for compressed bytes that do not decode. */
export function badCompression(kind: string, why: string, cause?: unknown): ProaError {
  return new ProaError('BAD_COMPRESSION', `decompress ${kind} layer: ${why}`, {
    hint: 'the layer was damaged on its way or is no such archive; fetch it again',
    cause,
  });
}
