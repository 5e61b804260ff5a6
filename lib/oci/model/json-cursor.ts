import { messageOf, ProaError } from '../../core/error.ts';
import { type DocumentKind, parseStrictJson } from './strict-json.ts';

export type { DocumentKind } from './strict-json.ts';

/**
 * A place inside a parsed JSON document from outside, which knows its own path for the error message. Go's encoder
 * writes `null` for empty slices and maps, so null counts as absent everywhere.
 */
export class JsonCursor {
  constructor(
    private readonly value: unknown,
    private readonly path: string,
    private readonly kind: DocumentKind,
  ) {}

  get absent(): boolean {
    return this.value === undefined || this.value === null;
  }

  /** The member `key` of this object; a cursor on nothing when there is none. */
  at(key: string): JsonCursor {
    const object = this.object();
    // hasOwn: a document must not reach `constructor` and its kin.
    const value = Object.hasOwn(object, key) ? object[key] : undefined;
    return new JsonCursor(value, this.path === '' ? key : `${this.path}.${key}`, this.kind);
  }

  maybe<T>(read: (cursor: JsonCursor) => T): T | undefined {
    return this.absent ? undefined : read(this);
  }

  object(): Record<string, unknown> {
    if (this.absent) this.fail('is missing');
    if (typeof this.value !== 'object' || Array.isArray(this.value)) this.fail('must be an object');
    return this.value as Record<string, unknown>;
  }

  items(): JsonCursor[] {
    if (this.absent) this.fail('is missing');
    if (!Array.isArray(this.value)) this.fail('must be a list');
    return (this.value as unknown[]).map((item, i) => new JsonCursor(item, `${this.path}[${i}]`, this.kind));
  }

  /** An object as a map, each value read by `read`. */
  record<T>(read: (cursor: JsonCursor) => T): Record<string, T> {
    const keys = Object.keys(this.object());
    return Object.fromEntries(keys.map((key) => [key, read(this.at(key))]));
  }

  string(): string {
    if (this.absent) this.fail('is missing');
    if (typeof this.value !== 'string') this.fail('must be a string');
    return this.value as string;
  }

  strings(): string[] {
    return this.items().map((item) => item.string());
  }

  /** A list of strings, where Docker also reads a lone string as a list of one. */
  words(): string[] {
    return typeof this.value === 'string' ? [this.value] : this.strings();
  }

  boolean(): boolean {
    if (typeof this.value !== 'boolean') this.fail(this.absent ? 'is missing' : 'must be true or false');
    return this.value as boolean;
  }

  /** A whole number within ±2^53. */
  integer(): number {
    if (this.absent) this.fail('is missing');
    if (!Number.isSafeInteger(this.value)) this.fail('must be a whole number');
    return this.value as number;
  }

  /** The members that are not named here, untouched. Undefined when there are none. */
  others(known: readonly string[]): Record<string, unknown> | undefined {
    const others = Object.entries(this.object()).filter(([key]) => !known.includes(key));
    return others.length === 0 ? undefined : Object.fromEntries(others);
  }

  fail(why: string, cause?: unknown): never {
    const { code, what } = this.kind;
    const place = this.path === '' ? `${what}: it ` : `${what}: ${brief(this.path)}: `;
    throw new ProaError(code, place + brief(why), { cause });
  }

  /** Runs a parser of this value; its error becomes this document's, with the path in front. */
  parse<T>(parser: (text: string) => T): T {
    try {
      return parser(this.string());
    } catch (error) {
      if (error instanceof ProaError && error.code === this.kind.code) throw error;
      return this.fail(messageOf(error), error);
    }
  }
}

/** A document's own words may be long. */
function brief(text: string): string {
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

/** Parses a JSON document whose top is an object. */
export function openJson(bytes: Uint8Array | string, kind: DocumentKind): JsonCursor {
  const cursor = new JsonCursor(parseStrictJson(bytes, kind), '', kind);
  cursor.object();
  return cursor;
}
