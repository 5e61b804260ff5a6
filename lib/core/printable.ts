/**
 * Text that others chose (a process's arguments, a label, a file's name, a runtime's words) as a person may read it: what a
 * terminal would obey is spelled out. Terminals obey the C0 and C1 control characters (ECMA-48); the marks that turn the
 * direction of writing (Unicode TR 36, "Bidirectional Text Spoofing") show words in another order than they stand in.
 */

const OBEYED = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** The same, and what moves to another line or column. */
const ANY = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** JSON.stringify escapes those below 0x20 itself. */
const LEFT_BY_JSON = /[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const PLAIN = /^[\x20-\x7e]*$/;

/** Text of any number of lines: line breaks and tabs stay. */
export function printable(text: string): string {
  return PLAIN.test(text) ? text : text.replace(OBEYED, escaped);
}

/** Text that has to stay on its line. */
export function printableLine(text: string): string {
  return PLAIN.test(text) ? text : text.replace(ANY, escaped);
}

/** A JSON document that means the same and that a terminal shows as it is. */
export function printableJson(json: string): string {
  return json.replace(LEFT_BY_JSON, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
