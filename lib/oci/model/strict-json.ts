/**
 * JSON from outside, read so that everybody who reads it sees the same. RFC 8259 (section 4) leaves open what a name that
 * occurs twice in an object means: readers take the first, the last or both, so a document that was checked as one image
 * could be run as another. Such a document is refused, and one that nests deeper than any of the formats.
 */
import { messageOf, ProaError } from '../../core/error.ts';

/** Which error a malformed document becomes: `invalid manifest: layers[2].size: must be a number`. */
export interface DocumentKind {
  readonly code: string;
  readonly what: string;
}

/** An image's configuration with everything that anybody ever put in has less than 20. */
const MAX_DEPTH = 100;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The value of a JSON text. Throws ProaError with the kind's code. */
export function parseStrictJson(bytes: Uint8Array | string, kind: DocumentKind): unknown {
  let text: string;
  let value: unknown;
  try {
    text = typeof bytes === 'string' ? bytes : new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProaError(kind.code, `${kind.what}: it is not JSON: ${messageOf(cause)}`, { cause });
  }
  const why = objection(text);
  if (why !== undefined) throw new ProaError(kind.code, `${kind.what}: ${why}`);
  return value;
}

/** What is wrong with a text that is JSON; without recursion, as its depth is the sender's choice. */
function objection(text: string): string | undefined {
  /** One an open bracket: the names so far of an object, nothing for a list. */
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) {
      const end = endOfString(text, at);
      const names = open.at(-1);
      if (names !== undefined && isName(text, end)) {
        const name = unescaped(text.slice(at, end));
        if (names.has(name)) return `the name ${JSON.stringify(name)} occurs twice in one object`;
        names.add(name);
      }
      at = end - 1;
    } else if (character === 0x7b || character === 0x5b) {
      if (open.length === MAX_DEPTH) return `it nests more than ${MAX_DEPTH} levels deep`;
      open.push(character === 0x7b ? new Set() : undefined);
    } else if (character === 0x7d || character === 0x5d) open.pop();
  }
  return undefined;
}

/** Behind the closing quote of the string that begins at `at`. */
function endOfString(text: string, at: number): number {
  for (let i = at + 1; ; i++) {
    const character = text.charCodeAt(i);
    if (character === BACKSLASH) i++;
    else if (character === QUOTE) return i + 1;
  }
}

/** A string in an object is a name when a colon follows. */
function isName(text: string, at: number): boolean {
  let i = at;
  while (/\s/.test(text[i] ?? '')) i++;
  return text[i] === ':';
}

function unescaped(literal: string): string {
  return literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1);
}
