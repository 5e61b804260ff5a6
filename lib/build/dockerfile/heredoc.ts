/** `<<EOF`, `<<-EOF`, `3<<EOF`, `<<"EOF"`, `<< EOF`: where a text begins that the following lines hold. */
import type { Heredoc } from './ast.ts';
import { expandWord } from './expand-word.ts';

export interface HeredocMarker extends Omit<Heredoc, 'content'> {
  /** `<<` and a word of letters: nothing else than a heredoc. `1 << 2` may be arithmetic of the shell. */
  readonly certain: boolean;
}

const UNSET: ReadonlyMap<string, string> = new Map();

/** The heredocs that begin on a line, in the order in which their texts follow. */
export function heredocMarkers(line: string): HeredocMarker[] {
  if (!line.includes('<<')) return [];
  let words: readonly string[];
  try {
    words = expandWord(line, UNSET, {
      quotes: 'keep',
      keepEscapes: true,
      keepUnset: true,
      heredocs: true,
    }).words;
  } catch {
    return []; // quotes that only the shell can make sense of
  }
  return words.map(heredocMarker).filter((marker) => marker !== undefined);
}

/** A word that is a heredoc's beginning. The name is quoted in any part: nothing is replaced in the text. */
export function heredocMarker(word: string): HeredocMarker | undefined {
  const match = /^\d*<<(-?)(\s*)([^<]+)$/.exec(word);
  if (match === null) return undefined;
  const [, dash, blanks, written] = match as unknown as [string, string, string, string];
  const { words } = expandWord(written, UNSET, { keepUnset: true });
  const name = words[0];
  if (words.length !== 1 || name === undefined) return undefined;
  const raw = expandWord(written, UNSET, { keepUnset: true, quotes: 'keep' }).text;
  return {
    name,
    expand: quotesIn(raw) === quotesIn(name),
    chomp: dash === '-',
    certain: blanks === '' && /^[A-Za-z_]\w*$/.test(name),
  };
}

/** The text without leading tabs, as `<<-` wants it. */
export function withoutLeadingTabs(text: string): string {
  return text.replace(/^\t+/gm, '');
}

function quotesIn(text: string): number {
  return text.match(/['"]/g)?.length ?? 0;
}
