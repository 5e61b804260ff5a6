/** A question before something is lost for good. */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { ProaError } from '../core/error.ts';

export interface PromptStreams {
  input: Readable & { isTTY?: boolean };
  output: Writable;
}

/**
 * Asks, with the warning that Docker prints (`WARNING! This will remove all stopped containers.`), whether to go on.
 * True for `y` and `yes`; anything else and the end of the input mean no.
 * Throws ProaError NO_TERMINAL when nobody can be asked: a pipe that happens to start with `y` must not delete anything.
 */
export async function confirm(
  warning: string,
  { flag = '--force', streams }: { flag?: string; streams?: PromptStreams } = {},
): Promise<boolean> {
  const { input, output } = streams ?? { input: process.stdin, output: process.stderr };
  if (!input.isTTY) {
    throw new ProaError('NO_TERMINAL', 'ask for confirmation: stdin is not a terminal', {
      hint: `Use ${flag} to go on without a question`,
    });
  }
  output.write(`WARNING! ${warning}\n`);
  const answer = await readLine('Are you sure you want to continue? [y/N] ', input, output);
  return /^\s*y(es)?\s*$/i.test(answer);
}

/** One line from the terminal; '' when it ends. */
function readLine(question: string, input: Readable, output: Writable): Promise<string> {
  const reader = createInterface({ input, output, terminal: false });
  output.write(question);
  return new Promise((resolve) => {
    reader.once('line', (line) => {
      resolve(line);
      reader.close();
    });
    reader.once('close', () => resolve(''));
  });
}
