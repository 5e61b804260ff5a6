/** One case of the differential suite: command lines that are run on Proa and on a peer, and what of them is compared. */
import { collect, type Outcome } from '../e2e/support/child.ts';
import { normalizedUnit } from './unit-text.ts';

/**
 * Command lines without the program, parted by ` ; `. Quotes hold words together; $I is the image, $C and $D are names
 * for containers, $T for images and $V and $W for volumes that are the case's own, $N is `--network=none`, $P begins all names of the case.
 */
export type Line = string | [line: string, rules: Rules];

export interface Rules {
  /** Standard input of the last line. */
  stdin?: string;
  /** What is known to differ and is not compared, and why that is right. */
  but?: readonly ('code' | 'out' | 'err' | 'left')[];
  why?: string;
}

/** What is compared. */
export interface Result {
  /** Exit codes, one a line. */
  code: number[];
  /** What was printed, without what changes from run to run. */
  out: string[];
  /** Whether anything was said on stderr: the words are each engine's own. */
  err: boolean[];
  /** The containers, images and volumes that are there afterwards. */
  left: string[];
  /** What was said on stderr: not compared, but shown when something else differs. */
  said: string;
}

/** An engine that can be asked. */
export interface Engine {
  /** The start of its command lines. */
  command: readonly string[];
  env: Record<string, string>;
  image: string;
}

/**
 * Runs a case, and takes away what it left.
 * @param prefix its own: no other name begins so
 * @param left the template for what is left, which must say the same in both engines
 */
export async function runCase(engine: Engine, line: Line, prefix: string, left: string): Promise<Result> {
  const [text, rules] = typeof line === 'string' ? [line, {}] : line;
  const ask = (words: string[], stdin?: string): Promise<Outcome> =>
    collect([...engine.command, ...words], { env: engine.env, stdin });
  const places = variables(engine, prefix);
  const commands = text.split(' ; ').map((command) => wordsOf(command).map((word) => fill(word, places)));
  const result: Result = { code: [], out: [], err: [], left: [], said: '' };
  for (const [at, words] of commands.entries()) {
    const { code, out, err } = await ask(words, at === commands.length - 1 ? rules.stdin : undefined);
    result.code.push(code);
    result.out.push(normalized(out, engine, prefix));
    result.err.push(err !== '');
    result.said += err;
  }
  // Only what a line can have left is looked for: most of the time goes into asking.
  if (/\$[CD]/.test(text)) {
    const ids = (await ask(['ps', '-aq', '--filter', `name=${prefix}`])).out.split('\n').filter(Boolean);
    if (ids.length > 0) {
      const shown = await ask(['container', 'inspect', '--format', left, ...ids]);
      result.left.push(...normalized(shown.out, engine, prefix).split('\n').filter(Boolean).sort());
      await ask(['rm', '-f', '-v', ...ids]);
    }
  }
  if (text.includes('$T')) {
    const names = (await ask(['images', '--format', '{{.Repository}}:{{.Tag}}'])).out.split('\n');
    const tags = names.filter((name) => name.includes(prefix));
    result.left.push(...tags.map((tag) => normalized(tag, engine, prefix)).sort());
    if (tags.length > 0) await ask(['rmi', '-f', ...tags]);
  }
  if (/\$[VW]/.test(text)) {
    const names = (await ask(['volume', 'ls', '-q', '--filter', `name=${prefix}`])).out
      .split('\n')
      .filter(Boolean);
    result.left.push(...names.map((name) => normalized(name, engine, prefix)).sort());
    if (names.length > 0) await ask(['volume', 'rm', ...names]);
  }
  return result;
}

function variables({ image }: Engine, prefix: string): Record<string, string> {
  return {
    I: image,
    C: `${prefix}c`,
    D: `${prefix}d`,
    T: `${prefix}t`,
    V: `${prefix}v`,
    W: `${prefix}w`,
    P: prefix,
    N: '--network=none',
  };
}

function fill(word: string, places: Readonly<Record<string, string>>): string {
  return word.replace(/\$([ICDTVWPN])\b/g, (_, name) => places[name]!);
}

/** Words as a shell parts them, as far as quotes go. */
export function wordsOf(line: string): string[] {
  return Array.from(line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g), ([word]) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double),
  );
}

/** Ids, names, times, spans and sizes as words that are the same everywhere. */
export function normalized(text: string, engine: Engine, prefix: string): string {
  return normalizedUnit(text, engine.command)
    .replaceAll(`localhost/${prefix}`, prefix)
    .replaceAll(prefix, 'P-')
    .replaceAll(engine.image, 'IMAGE')
    .replace(/\b[0-9a-f]{64}\b/g, 'ID64')
    .replace(/\b[0-9a-f]{12}\b/g, 'ID12')
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?[+-]\d{4} [A-Z]+|Z|[+-]\d\d:\d\d)?/g, 'TIME')
    .replace(/\b(About an? |Less than an? |\d+ )(second|minute|hour)s?\b/g, 'SPAN')
    .replace(/\b\d+(\.\d+)?[kMG]?B\b/g, 'SIZE')
    .replace(/ {2,}/g, '  ');
}
