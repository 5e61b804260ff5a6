import { addContext, ProaError } from '../../core/error.ts';
import { nearest } from '../../core/nearest.ts';

/** Of a line of kilobytes, its beginning is enough to find it. */
const LONGEST = 300;

/** What is wrong with an instruction; {@link within} adds where, one floor up. Code DOCKERFILE_SYNTAX. */
export function syntaxError(why: string, hint?: string): ProaError {
  const shown = why.length > LONGEST ? `${why.slice(0, LONGEST)}…` : why;
  return new ProaError('DOCKERFILE_SYNTAX', shown, { hint });
}

/** `word` is none of `known`: says so, with the nearest one as the hint, or all when they are few. */
export function unknownWord(what: string, word: string, known: readonly string[]): ProaError {
  const near = nearest(word, known);
  const all = known.length <= 6 ? `it takes ${known.join(', ')}` : undefined;
  return syntaxError(`unknown ${what} ${word}`, near === undefined ? all : `did you mean ${near}?`);
}

/** Runs `read` and puts the place (`Dockerfile:3`, `COPY`) and a colon before the message of what it throws. */
export function within<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw addContext(cause, place);
  }
}
