/** One instruction's line → its tree, by the rules of its keyword. */
import type { ArgInstruction, CommandLine, FromInstruction, Heredoc, Instruction } from './ast.ts';
import { readCopy } from './copy-instruction.ts';
import { type FlagKinds, Flags } from './flags.ts';
import { readHealthcheck } from './healthcheck.ts';
import type { LogicalLine } from './lines.ts';
import { mountOrigin, parseRunMount } from './run-mount.ts';
import { syntaxError, unknownWord, within } from './syntax-error.ts';
import { jsonWords, splitBlanks, splitInstruction, splitPairs, splitQuoted } from './words.ts';

/** What every reader gets. */
export interface Parts {
  readonly rest: string;
  readonly flags: Flags;
  readonly heredocs: readonly Heredoc[];
  readonly escapeMark: string;
}

type Base = 'lines' | 'text' | 'keyword' | 'comments';
/** The instruction's own part; without `Base`, one member of a union at a time. */
export type Own<I> = I extends unknown ? Omit<I, Base> : never;

interface Reader {
  readonly flags?: FlagKinds;
  read(parts: Parts): Own<Instruction | FromInstruction>;
}

const NETWORKS = ['default', 'none', 'host'];
const SECURITIES = ['sandbox', 'insecure'];

const READERS: Readonly<Record<string, Reader>> = {
  ADD: {
    flags: {
      chown: 'text',
      chmod: 'text',
      link: 'boolean',
      exclude: 'texts',
      checksum: 'text',
      'keep-git-dir': 'boolean',
      unpack: 'boolean',
    },
    read: (parts) => readCopy('ADD', parts),
  },
  ARG: { read: readArg },
  CMD: { read: ({ rest }) => ({ kind: 'CMD', command: commandLine(rest) }) },
  COPY: {
    flags: {
      from: 'text',
      chown: 'text',
      chmod: 'text',
      link: 'boolean',
      parents: 'boolean',
      exclude: 'texts',
    },
    read: (parts) => readCopy('COPY', parts),
  },
  ENTRYPOINT: { read: ({ rest }) => ({ kind: 'ENTRYPOINT', command: commandLine(rest) }) },
  ENV: { read: ({ rest, escapeMark }) => ({ kind: 'ENV', ...splitPairs(rest, escapeMark) }) },
  EXPOSE: { read: ({ rest }) => ({ kind: 'EXPOSE', words: someWords(splitBlanks(rest)) }) },
  FROM: { flags: { platform: 'text' }, read: readFrom },
  HEALTHCHECK: {
    flags: {
      interval: 'text',
      timeout: 'text',
      'start-period': 'text',
      'start-interval': 'text',
      retries: 'text',
    },
    read: readHealthcheck,
  },
  LABEL: { read: ({ rest, escapeMark }) => ({ kind: 'LABEL', ...splitPairs(rest, escapeMark) }) },
  MAINTAINER: { read: ({ rest }) => ({ kind: 'MAINTAINER', word: oneWord(rest) }) },
  ONBUILD: { read: readOnbuild },
  RUN: {
    flags: { mount: 'texts', network: 'text', security: 'text', device: 'texts' },
    read: readRun,
  },
  SHELL: { read: ({ rest }) => ({ kind: 'SHELL', words: shellWords(rest) }) },
  STOPSIGNAL: { read: ({ rest }) => ({ kind: 'STOPSIGNAL', word: oneWord(rest) }) },
  USER: { read: ({ rest }) => ({ kind: 'USER', word: oneWord(rest) }) },
  VOLUME: { read: ({ rest }) => ({ kind: 'VOLUME', words: volumes(rest) }) },
  WORKDIR: { read: ({ rest }) => ({ kind: 'WORKDIR', word: oneWord(rest) }) },
};

/**
 * @param escapeMark the escape character of the Dockerfile
 * @throws ProaError DOCKERFILE_SYNTAX, without the place
 */
export function readInstruction(line: LogicalLine, escapeMark: string): Instruction | FromInstruction {
  const { keyword, flags, rest } = splitInstruction(line.text);
  if (keyword === '') throw syntaxError('the line goes on, but nothing follows');
  const name = keyword.toUpperCase();
  const reader = Object.hasOwn(READERS, name) ? READERS[name]! : undefined;
  if (reader === undefined) throw unknownWord('instruction', keyword, Object.keys(READERS));
  const { lines, comments, heredocs } = line;
  const own = within(name, () =>
    reader.read({ rest, flags: new Flags(flags, reader.flags ?? {}), heredocs, escapeMark }),
  );
  return { lines, text: line.text.trim(), keyword, comments, ...own };
}

function readFrom({ rest, flags }: Parts): Own<FromInstruction> {
  const [image, asKeyword, as, ...more] = splitBlanks(rest);
  if (image === undefined) throw syntaxError('it needs an image, a stage or scratch');
  const platform = flags.text('platform');
  const from = { kind: 'FROM' as const, image, ...(platform !== undefined && { platform }) };
  if (asKeyword === undefined) return from;
  if (as === undefined || more.length > 0 || !/^as$/i.test(asKeyword)) {
    throw syntaxError(`${rest} is not understood`, 'write FROM IMAGE, or FROM IMAGE AS NAME');
  }
  if (!/^[a-z][a-z0-9-_.]*$/i.test(as)) {
    throw syntaxError(
      `invalid stage name ${JSON.stringify(as)}`,
      'it begins with a letter; letters, digits, - _ and . follow',
    );
  }
  return { ...from, as, asKeyword };
}

function readArg({ rest, escapeMark }: Parts): Own<ArgInstruction> {
  const words = splitQuoted(rest, escapeMark);
  if (words.length === 0) throw syntaxError('it needs at least one name');
  return {
    kind: 'ARG',
    args: words.map((word) => {
      const equals = word.indexOf('=');
      if (equals === 0) throw syntaxError(`${word} has no name before its =`);
      return equals < 0 ? { name: word } : { name: word.slice(0, equals), value: word.slice(equals + 1) };
    }),
  };
}

function readRun({ rest, flags, heredocs }: Parts): Own<Instruction> {
  const [network, security] = [flags.text('network'), flags.text('security')];
  if (network !== undefined && !NETWORKS.includes(network))
    throw unknownWord('network mode', network, NETWORKS);
  if (security !== undefined && !SECURITIES.includes(security)) {
    throw unknownWord('security mode', security, SECURITIES);
  }
  const mounts = flags.texts('mount');
  for (const mount of mounts) checkMount(mount);
  return {
    kind: 'RUN',
    command: commandLine(rest),
    heredocs,
    mounts,
    ...(network !== undefined && { network }),
    ...(security !== undefined && { security }),
    devices: flags.texts('device'),
  };
}

/** What variables or quotes come to is known when the step runs; all else is said at once. */
function checkMount(text: string): void {
  if (/[$'\\`]/.test(text)) mountOrigin(text);
  else parseRunMount(text);
}

/** The trigger is kept as text: what it means is the business of the image's children. */
function readOnbuild({ rest, heredocs, escapeMark }: Parts): Own<Instruction> {
  if (rest === '') throw syntaxError('it needs an instruction');
  const trigger = splitInstruction(rest);
  refuseAsTrigger(trigger.keyword);
  const kind = trigger.keyword.toUpperCase();
  if (kind === 'ENV' || kind === 'LABEL') splitPairs(trigger.rest, escapeMark);
  else jsonWords(trigger.rest);
  return {
    kind: 'ONBUILD',
    trigger: [rest, ...heredocs.map(({ name, content }) => `${content}${name}`)].join('\n'),
  };
}

/** Throws ProaError DOCKERFILE_SYNTAX for an instruction that ONBUILD may not put off. */
export function refuseAsTrigger(keyword: string): void {
  const name = keyword.toUpperCase();
  if (['ONBUILD', 'FROM', 'MAINTAINER'].includes(name))
    throw syntaxError(`${name} cannot be put off to the image's children`);
}

/** The JSON form, or all the text as a line for the shell. */
export function commandLine(text: string): CommandLine {
  const words = jsonWords(text);
  return words === undefined ? { form: 'shell', line: text } : { form: 'exec', words };
}

function shellWords(text: string): string[] {
  const words = jsonWords(text);
  if (words === undefined || words.length === 0) {
    throw syntaxError('it takes a JSON list of words', 'for example SHELL ["/bin/sh", "-c"]');
  }
  return words;
}

function volumes(text: string): string[] {
  const words = someWords(jsonWords(text) ?? splitBlanks(text)).map((word) => word.trim());
  if (words.includes('')) throw syntaxError('a volume is an empty string');
  return words;
}

function someWords(words: string[]): string[] {
  if (words.length === 0) throw syntaxError('it needs at least one argument');
  return words;
}

function oneWord(text: string): string {
  if (text === '') throw syntaxError('it needs an argument');
  return text;
}
