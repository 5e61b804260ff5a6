/** The lines of a Dockerfile put together to instructions: continuations, comments and heredocs. */
import type { Heredoc, Lines } from './ast.ts';
import { type HeredocMarker, heredocMarkers, withoutLeadingTabs } from './heredoc.ts';
import { syntaxError, within } from './syntax-error.ts';
import { jsonWords, splitInstruction } from './words.ts';

export interface LogicalLine {
  readonly text: string;
  readonly lines: Lines;
  readonly comments: readonly string[];
  readonly heredocs: readonly Heredoc[];
  readonly emptyContinuations: readonly number[];
}

/** Lines with their ends, as heredocs keep them. */
export function physicalLines(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split(/(?<=\n)/);
  return lines[0] === '' ? [] : lines;
}

export const withoutEnd = (line: string): string => line.replace(/[\r\n]+$/, '');
const isComment = (line: string): boolean => /^\s*#/.test(line);

/**
 * The instructions in their order. `raw` are {@link physicalLines}.
 * @throws ProaError DOCKERFILE_SYNTAX for a heredoc that does not end
 */
export function* logicalLines(
  raw: readonly string[],
  escapeMark: string,
  name: string,
): Generator<LogicalLine> {
  let comments: string[] = [];
  for (let at = 0; at < raw.length; ) {
    const line = withoutEnd(raw[at]!).trimStart();
    if (line === '' || line.startsWith('#')) {
      const comment = line.slice(1).trim();
      comments = comment === '' ? [] : [...comments, comment];
      at++;
      continue;
    }
    const first = at + 1;
    const joined = join(raw, at, escapeMark);
    const bodies = within(`${name}:${first}`, () => heredocs(raw, joined.next, joined.text));
    at = bodies.next;
    yield {
      text: joined.text,
      lines: { first, last: at },
      comments,
      heredocs: bodies.heredocs,
      emptyContinuations: joined.empty,
    };
    comments = [];
  }
}

/** One instruction from the line `start` on; comments and empty lines within it count for nothing. */
function join(raw: readonly string[], start: number, escapeMark: string) {
  const empty: number[] = [];
  let [text, goesOn] = continued(withoutEnd(raw[start]!).trimStart(), escapeMark);
  let next = start + 1;
  for (; goesOn && next < raw.length; next++) {
    const line = withoutEnd(raw[next]!);
    if (isComment(line)) continue;
    if (line.trim() === '') {
      empty.push(next + 1);
      continue;
    }
    const [part, more] = continued(line, escapeMark);
    text += part;
    goesOn = more;
  }
  return { text, next, empty };
}

/** Whether the line ends with the escape character (blanks may follow), and what is before it. Two of them are no end. */
function continued(line: string, escapeMark: string): [text: string, goesOn: boolean] {
  const end = line.replace(/[ \t]+$/, '');
  const goesOn = end.endsWith(escapeMark) && !end.endsWith(escapeMark + escapeMark);
  return goesOn ? [end.slice(0, -1), true] : [line, false];
}

function heredocs(
  raw: readonly string[],
  start: number,
  text: string,
): { heredocs: Heredoc[]; next: number } {
  const found: Heredoc[] = [];
  let next = start;
  for (const marker of text.includes('<<') && takesHeredocs(text) ? heredocMarkers(text) : []) {
    const end = endOf(raw, next, marker);
    if (end < 0) {
      if (!marker.certain) continue;
      throw syntaxError(
        `the heredoc <<${marker.name} does not end`,
        `add a line that is ${marker.name} alone`,
      );
    }
    const content = raw.slice(next, end).join('');
    const { name, expand, chomp } = marker;
    found.push({ name, expand, chomp, content: chomp ? withoutLeadingTabs(content) : content });
    next = end + 1;
  }
  return { heredocs: found, next };
}

function endOf(raw: readonly string[], start: number, { name, chomp }: HeredocMarker): number {
  for (let at = start; at < raw.length; at++) {
    const line = withoutEnd(raw[at]!);
    if ((chomp ? line.replace(/^\t+/, '') : line) === name) return at;
  }
  return -1;
}

function takesHeredocs(text: string): boolean {
  const { keyword, rest } = splitInstruction(text);
  if (/^onbuild$/i.test(keyword)) return takesHeredocs(rest);
  return /^(add|copy|run)$/i.test(keyword) && jsonWords(rest) === undefined;
}
