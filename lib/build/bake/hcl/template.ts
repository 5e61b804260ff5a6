/** Templates of HCL: quoted strings, heredocs, `${…}` and `%{ if }`, `%{ for }`. */
import type { Expression } from './ast.ts';
import type { Reader } from './reader.ts';

/** Where a template ends: at a quote, at a text, or with the reader's text. */
export type TemplateEnd = '"' | { readonly position: number };

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

type Part = Expression & { readonly stripBefore?: boolean; readonly stripAfter?: boolean };

/** A template that begins here; the quote at its end, if it is one, is passed. */
export function parseTemplate(reader: Reader, end: TemplateEnd): Expression {
  const at = reader.at;
  const parts = readParts(reader, end, []).parts;
  if (end === '"') reader.expect('"', false);
  return template(reader, at, parts);
}

function template(reader: Reader, at: number, parts: readonly Part[]): Expression {
  const base = { source: reader.source, at };
  const kept = stripped(parts);
  if (kept.length === 0) return { ...base, kind: 'literal', value: '' };
  if (kept.length === 1 && kept[0]!.kind === 'literal') return kept[0]!;
  return { ...base, kind: 'template', parts: kept };
}

/** Up to the end, or to one of the directives `stops`, which is passed and named. */
function readParts(
  reader: Reader,
  end: TemplateEnd,
  stops: readonly string[],
): { parts: Part[]; stop?: string; strip?: boolean } {
  const parts: Part[] = [];
  let text = '';
  let from = reader.at;
  const flush = (): void => {
    if (text !== '') parts.push({ source: reader.source, at: from, kind: 'literal', value: text });
    text = '';
    from = reader.at;
  };
  for (;;) {
    if (isAtEnd(reader, end)) {
      flush();
      if (stops.length > 0) throw reader.error(`a template has no %{ ${stops.at(-1)} }`);
      return { parts };
    }
    if (reader.takes('$${')) text += '${';
    else if (reader.takes('%%{')) text += '%{';
    else if (reader.takes('${')) {
      flush();
      const stripBefore = reader.takes('~');
      reader.skip(true);
      const value = reader.expression(true);
      parts.push({ ...value, stripBefore, stripAfter: closes(reader) });
      from = reader.at;
    } else if (reader.takes('%{')) {
      flush();
      const stripBefore = reader.takes('~');
      reader.skip(true);
      const at = reader.at;
      const word = reader.name() ?? '';
      if (stops.includes(word)) {
        if (stripBefore) stripEnd(parts);
        return { parts, stop: word, strip: closes(reader) };
      }
      parts.push({ ...directive(reader, end, word, at), stripBefore });
    } else if (end === '"' && reader.takes('\\')) text += escaped(reader);
    else text += reader.text[reader.at++];
  }
}

function isAtEnd(reader: Reader, end: TemplateEnd): boolean {
  if (end !== '"') return reader.at >= end.position;
  if (reader.ended || reader.sees('\n')) throw reader.error('a string has no end: a quote is missing');
  return reader.sees('"');
}

/** Passes `}` or `~}`, and says which. */
function closes(reader: Reader): boolean {
  reader.skip(true);
  const strip = reader.takes('~');
  reader.expect('}', false);
  return strip;
}

function directive(reader: Reader, end: TemplateEnd, word: string, at: number): Part {
  const base = { source: reader.source, at };
  if (word === 'if') {
    reader.skip(true);
    const test = reader.expression(true);
    const stripStart = closes(reader);
    const yes = readParts(reader, end, ['else', 'endif']);
    if (stripStart) stripStartOf(yes.parts);
    let no: Part[] = [];
    let strip = yes.strip;
    if (yes.stop === 'else') {
      const rest = readParts(reader, end, ['endif']);
      if (yes.strip) stripStartOf(rest.parts);
      no = rest.parts;
      strip = rest.strip;
    }
    const branch = (parts: Part[]) => asText(template(reader, at, parts));
    return { ...base, kind: 'condition', test, yes: branch(yes.parts), no: branch(no), stripAfter: strip };
  }
  if (word === 'for') {
    const { keyName, valueName, over } = readForHead(reader);
    const stripStart = closes(reader);
    const body = readParts(reader, end, ['endfor']);
    if (stripStart) stripStartOf(body.parts);
    const value = asText(template(reader, at, body.parts));
    return {
      ...base,
      kind: 'for',
      keyName,
      valueName,
      over,
      value,
      grouped: false,
      joined: true,
      stripAfter: body.strip,
    };
  }
  throw reader.error(`unknown directive in a template: %{ ${word} }: there are if and for`, at);
}

/** `k, v in collection` or `v in collection`, behind the word `for`. */
export function readForHead(reader: Reader): { keyName?: string; valueName: string; over: Expression } {
  const names: string[] = [];
  do {
    reader.skip(true);
    const name = reader.name();
    if (name === undefined) throw reader.error(`expected a name after "for", found ${reader.here()}`);
    names.push(name);
    reader.skip(true);
  } while (names.length < 2 && reader.takes(','));
  if (reader.name() !== 'in') throw reader.error('expected "in" in a for expression');
  reader.skip(true);
  const over = reader.expression(true);
  return { keyName: names.length === 2 ? names[0] : undefined, valueName: names.at(-1)!, over };
}

/** A lone `${x}` within a directive is text all the same. */
function asText(part: Expression): Expression {
  if (part.kind !== 'template' || part.parts.length !== 1) return part;
  const empty: Expression = { source: part.source, at: part.at, kind: 'literal', value: '' };
  return { ...part, parts: [...part.parts, empty] };
}

function escaped(reader: Reader): string {
  const letter = reader.text[reader.at++] ?? '';
  const plain = ESCAPES[letter];
  if (plain !== undefined) return plain;
  const digits = letter === 'u' ? 4 : letter === 'U' ? 8 : 0;
  const code = reader.text.slice(reader.at, reader.at + digits);
  if (digits === 0 || !/^[0-9a-f]+$/i.test(code) || code.length < digits)
    throw reader.error(`unknown escape in a string: \\${letter}`);
  reader.at += digits;
  return String.fromCodePoint(Number.parseInt(code, 16));
}

/** Takes away the spaces that `~` markers ask for, and what is then empty. */
function stripped(parts: readonly Part[]): Part[] {
  const list = [...parts];
  list.forEach((part, i) => {
    if (part.stripBefore) replaceText(list, i - 1, (text) => text.trimEnd());
    if (part.stripAfter) replaceText(list, i + 1, (text) => text.trimStart());
  });
  return list.filter((part) => part.kind !== 'literal' || part.value !== '');
}

function replaceText(list: Part[], at: number, change: (text: string) => string): void {
  const part = list[at];
  if (part?.kind === 'literal') list[at] = { ...part, value: change(String(part.value)) };
}
function stripStartOf(parts: Part[]): void {
  replaceText(parts, 0, (text) => text.trimStart());
}
function stripEnd(parts: Part[]): void {
  replaceText(parts, parts.length - 1, (text) => text.trimEnd());
}
