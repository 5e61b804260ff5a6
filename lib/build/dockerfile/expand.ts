/**
 * Variables of an instruction replaced by those of its stage (https://docs.docker.com/reference/dockerfile/
 * #environment-replacement). Which instructions and which of their parts take variables is BuildKit's choice: not CMD,
 * ENTRYPOINT, HEALTHCHECK, SHELL, MAINTAINER, ONBUILD and RUN's command, where the shell replaces them.
 */

import type { CopyInstruction, FromInstruction, Heredoc, Instruction } from './ast.ts';
import { formatCsv, parseCsv } from './csv.ts';
import { expandWord } from './expand-word.ts';

export interface ExpandRules {
  /** `# escape=` of the Dockerfile. */
  readonly escape?: '\\' | '`';
  /** Told the name of each variable that was used but is not set. */
  unset?(name: string): void;
}

type Env = ReadonlyMap<string, string>;

/**
 * All pairs and words of an instruction see the same variables: those from before it.
 * @throws ProaError DOCKERFILE_SYNTAX, without the place
 */
export function expandInstruction<I extends Instruction>(
  instruction: I,
  env: Env,
  rules: ExpandRules = {},
): I {
  return expand(instruction, env, rules) as I;
}

function expand(instruction: Instruction, env: Env, rules: ExpandRules): Instruction {
  const word = (text: string): string => expandWord(text, env, rules).text;
  switch (instruction.kind) {
    case 'ARG':
      return {
        ...instruction,
        args: instruction.args.map(({ name, value }) => ({
          name: word(name),
          ...(value !== undefined && { value: word(value) }),
        })),
      };
    case 'ENV':
    case 'LABEL':
      return {
        ...instruction,
        pairs: instruction.pairs.map(({ name, value }) => ({ name: word(name), value: word(value) })),
      };
    case 'EXPOSE':
      return {
        ...instruction,
        words: instruction.words.flatMap((text) => expandWord(text, env, rules).words),
      };
    case 'VOLUME':
      return { ...instruction, words: instruction.words.map(word) };
    case 'STOPSIGNAL':
    case 'USER':
    case 'WORKDIR':
      return { ...instruction, word: word(instruction.word) };
    case 'COPY':
    case 'ADD':
      return expandCopy(instruction, word, env, rules);
    case 'RUN':
      return { ...instruction, mounts: instruction.mounts.map((mount) => expandMount(mount, word)) };
    default:
      return instruction;
  }
}

/** FROM sees the arguments from before the first FROM, and nothing else. Throws as {@link expandInstruction}. */
export function expandFrom(from: FromInstruction, globalArgs: Env, rules: ExpandRules = {}): FromInstruction {
  const word = (text: string): string => expandWord(text, globalArgs, rules).text;
  const { platform } = from;
  return { ...from, image: word(from.image), ...(platform !== undefined && { platform: word(platform) }) };
}

function expandCopy(
  instruction: CopyInstruction,
  word: (text: string) => string,
  env: Env,
  rules: ExpandRules,
): CopyInstruction {
  const { chown, chmod, checksum } = instruction;
  return {
    ...instruction,
    sources: instruction.sources.map(word),
    destination: word(instruction.destination),
    heredocs: instruction.heredocs.map((heredoc) => expandHeredoc(heredoc, env, rules)),
    exclude: instruction.exclude.map(word),
    ...(chown !== undefined && { chown: word(chown) }),
    ...(chmod !== undefined && { chmod: word(chmod) }),
    ...(checksum !== undefined && { checksum: word(checksum) }),
  };
}

/** As a shell's heredoc: quotes are ordinary characters, and a backslash escapes whatever `# escape=` says. */
function expandHeredoc(heredoc: Heredoc, env: Env, { unset }: ExpandRules): Heredoc {
  if (!heredoc.expand) return heredoc;
  return { ...heredoc, content: expandWord(heredoc.content, env, { quotes: 'plain', unset }).text };
}

/** Each value of `key=value,…` alone, so that a comma in a variable adds no key. */
function expandMount(mount: string, word: (text: string) => string): string {
  const fields = parseCsv(mount).map((field) => {
    const equals = field.indexOf('=');
    return equals < 0 ? field : field.slice(0, equals + 1) + word(field.slice(equals + 1));
  });
  return formatCsv(fields);
}
