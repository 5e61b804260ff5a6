/**
 * The one error class. What a person reads is "what: which: why", then a hint with the next command to type.
 *
 * `code` is stable and meant for programs: an errno name (`ENOENT`) for a failed system call, otherwise an upper-case
 * word of ours (`IMAGE_NOT_FOUND`). `exitCode` is what the process returns when nothing catches the error: 125 for the
 * engine, 126 when a command cannot be invoked, 127 when it is not found (docker-run(1), "Exit status").
 * A credential is redacted where the error is made, never where it is shown.
 */
export class ProaError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(
    code: string,
    message: string,
    options: { hint?: string | undefined; cause?: unknown; exitCode?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ProaError';
    this.code = code;
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? 125;
  }
}

/** The code when nobody reads our output any more, as behind `| head`: programs end without a word then. */
export const OUTPUT_CLOSED = 'OUTPUT_CLOSED';

/** True when `error` carries this stable code (`hasCode(e, 'ENOENT')` serves for our errors and for Node's). */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && codes.includes(code);
}

/** True when it failed for want of space on a disk, or of the user's share of it. */
export function isNoSpace(error: unknown): boolean {
  return hasCode(error, 'ENOSPC', 'EDQUOT');
}

/** Adds the step that failed in front of an error's message, keeping code, hint and exit code. */
export function addContext(error: unknown, step: string): ProaError {
  if (error instanceof ProaError) {
    return new ProaError(error.code, `${step}: ${error.message}`, {
      hint: error.hint,
      cause: error,
      exitCode: error.exitCode,
    });
  }
  const code = (error as { code?: unknown } | null)?.code;
  return new ProaError(typeof code === 'string' ? code : 'INTERNAL', `${step}: ${messageOf(error)}`, {
    cause: error,
  });
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
