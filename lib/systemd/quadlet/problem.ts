/** What is wrong with a Quadlet file: told with file and line, and never a reason to leave others out. */
import type { Place } from '../unit-file/unit-file.ts';

export interface Problem {
  file: string;
  /** From 1; left out when it is about the whole file. */
  line?: number;
  /** `what: why`, without the place. */
  message: string;
  /** An error leaves the unit out; a warning does not. */
  severity: 'error' | 'warning';
  /** What was written, and what there is instead: for who likes to guess what was meant. */
  unknown?: { word: string; known: readonly string[] };
}

/** Thrown while a unit is made of a file; ends that unit alone. */
export class QuadletError extends Error {
  constructor(
    readonly place: { file: string; line?: number },
    message: string,
    readonly unknown?: Problem['unknown'],
  ) {
    super(message);
  }

  get problem(): Problem {
    const { file, line } = this.place;
    return {
      file,
      ...(line === undefined ? {} : { line }),
      message: this.message,
      severity: 'error',
      ...(this.unknown === undefined ? {} : { unknown: this.unknown }),
    };
  }
}

/** `FILE:LINE: KEY=VALUE: why`. */
export function valueError(assignment: Place & { key: string; value: string }, why: string): QuadletError {
  return new QuadletError(assignment, `${assignment.key}=${assignment.value}: ${why}`);
}

/** The place in front of the message, as compilers have it. */
export function problemText({ file, line, message, severity }: Problem): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return `${place}: ${severity === 'warning' ? 'warning: ' : ''}${message}`;
}
