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
 * True for `y` and `yes`; anything else means no. A pipe may hold the answer (`yes | proa system prune`), as with docker
 * and podman. Throws ProaError NO_TERMINAL when nobody can be asked: a script that forgot --force must not believe that it
 * removed something.
 */
export async function confirm(
  warning: string,
  { flag = '--force', streams }: { flag?: string; streams?: PromptStreams } = {},
): Promise<boolean> {
  const { input, output } = streams ?? { input: process.stdin, output: process.stderr };
  output.write(`WARNING! ${warning}\n`);
  const answer = await readLine('Are you sure you want to continue? [y/N] ', input, output);
  if (answer === undefined && !input.isTTY) {
    output.write('\n');
    throw new ProaError('NO_TERMINAL', 'ask for confirmation: there is no answer on stdin', {
      hint: `Use ${flag} to go on without a question`,
    });
  }
  return /^\s*y(es)?\s*$/i.test(answer ?? '');
}

/** Asks for a word. Throws ProaError NO_TERMINAL when nobody can be asked; `hint` says what to type instead. */
export async function ask(question: string, hint: string): Promise<string> {
  requireTerminal(question, hint);
  return (await readLine(question, process.stdin, process.stderr)) ?? '';
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

/** One line; undefined when the input ends before one. */
function readLine(question: string, input: Readable, output: Writable): Promise<string | undefined> {
  const reader = createInterface({ input, output, terminal: false });
  output.write(question);
  return new Promise((resolve) => {
    reader.once('line', (line) => {
      resolve(line);
      reader.close();
    });
    reader.once('close', () => resolve(undefined));
  });
}
