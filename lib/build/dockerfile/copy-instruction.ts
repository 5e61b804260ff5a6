import type { CopyInstruction, Heredoc } from './ast.ts';
import { heredocMarker } from './heredoc.ts';
import type { Own, Parts } from './instruction.ts';
import { syntaxError } from './syntax-error.ts';
import { jsonWords, splitBlanks } from './words.ts';

/** COPY and ADD: files, and heredocs among them, before a destination. Throws ProaError DOCKERFILE_SYNTAX. */
export function readCopy(kind: 'COPY' | 'ADD', { rest, flags, heredocs }: Parts): Own<CopyInstruction> {
  const words = jsonWords(rest) ?? splitBlanks(rest);
  const destination = words.at(-1);
  if (destination === undefined || words.length < 2) {
    throw syntaxError('it needs at least one source and a destination');
  }
  if (heredocOf(destination, heredocs) !== undefined) {
    throw syntaxError('a heredoc cannot be the destination', `put the path behind it: ${rest} /path`);
  }
  const from = flags.text('from');
  if (from?.includes('$')) {
    throw syntaxError(
      `--from=${from}: variables are not replaced there`,
      `add a stage, FROM ${from} AS name, and use --from=name`,
    );
  }
  const [chown, chmod, checksum] = [flags.text('chown'), flags.text('chmod'), flags.text('checksum')];
  const unpack = flags.boolean('unpack');
  return {
    kind,
    ...sourcesOf(words.slice(0, -1), heredocs),
    destination,
    ...(from !== undefined && { from }),
    ...(chown !== undefined && { chown }),
    ...(chmod !== undefined && { chmod }),
    link: flags.boolean('link') ?? false,
    parents: flags.boolean('parents') ?? false,
    exclude: flags.texts('exclude'),
    ...(checksum !== undefined && { checksum }),
    keepGitDir: flags.boolean('keep-git-dir') ?? false,
    ...(unpack !== undefined && { unpack }),
  };
}

function sourcesOf(words: readonly string[], heredocs: readonly Heredoc[]) {
  const used = words.map((word) => heredocOf(word, heredocs));
  return {
    sources: words.filter((_, index) => used[index] === undefined),
    heredocs: used.filter((heredoc) => heredoc !== undefined),
  };
}

function heredocOf(word: string, heredocs: readonly Heredoc[]): Heredoc | undefined {
  const name = heredocs.length === 0 ? undefined : heredocMarker(word)?.name;
  return heredocs.find((heredoc) => heredoc.name === name);
}
