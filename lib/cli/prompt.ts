/** Questions to the person at the terminal. */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { ProaError } from '../core/error.ts';
import { makeRaw } from '../core/sys/tty.ts';

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

/** Asks for a word. Throws ProaError NO_TERMINAL when nobody can be asked; `hint` says what to type instead. */
export function ask(question: string, hint: string): Promise<string> {
  requireTerminal(question, hint);
  return readLine(question, process.stdin, process.stderr);
}

const CTRL_C = '\x03';
const CTRL_D = '\x04';
const ERASE = ['\x7f', '\b'];

/** Asks for a word that is not shown. Throws ProaError NO_TERMINAL, or INTERRUPTED by Ctrl-C. */
export async function askSecret(question: string, hint: string): Promise<string> {
  requireTerminal(question, hint);
  process.stderr.write(question);
  using _ = makeRaw(0);
  try {
    let word = '';
    for await (const data of process.stdin) {
      for (const letter of String(data)) {
        if (letter === '\r' || letter === '\n' || letter === CTRL_D) return word;
        if (letter === CTRL_C) throw new ProaError('INTERRUPTED', 'interrupted', { exitCode: 130 });
        word = ERASE.includes(letter) ? word.slice(0, -1) : word + letter;
      }
    }
    return word;
  } finally {
    process.stderr.write('\r\n');
  }
}

function requireTerminal(question: string, hint: string): void {
  if (process.stdin.isTTY) return;
  const what = question.replace(/:\s*$/, '').toLowerCase();
  throw new ProaError('NO_TERMINAL', `ask for ${what}: stdin is not a terminal`, { hint });
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
