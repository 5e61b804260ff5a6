import { syntaxError, unknownWord } from './syntax-error.ts';

export type FlagKinds = Readonly<Record<string, 'text' | 'texts' | 'boolean'>>;

/** `--name=value` words of one instruction, checked against those it knows. */
export class Flags {
  readonly #values = new Map<string, string[]>();

  /** @throws ProaError DOCKERFILE_SYNTAX with the flag, and the nearest one that there is */
  constructor(words: readonly string[], kinds: FlagKinds) {
    for (const word of words) {
      const equals = word.indexOf('=');
      const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
      const value = equals < 0 ? undefined : word.slice(equals + 1);
      this.#add(name, value, kinds);
    }
  }

  #add(name: string, value: string | undefined, kinds: FlagKinds): void {
    const kind = Object.hasOwn(kinds, name) ? kinds[name]! : undefined;
    if (kind === undefined) throw unknownFlag(name, Object.keys(kinds));
    const values = this.#values.get(name) ?? [];
    if (kind !== 'texts' && values.length > 0) throw syntaxError(`the flag --${name} stands there twice`);
    if (kind !== 'boolean' && value === undefined)
      throw syntaxError(`the flag --${name} needs a value: --${name}=…`);
    if (kind === 'boolean' && !/^(true|false)$/i.test(value ?? 'true')) {
      throw syntaxError(`the flag --${name} is true or false, not ${JSON.stringify(value)}`);
    }
    this.#values.set(name, [...values, value ?? 'true']);
  }

  text(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }

  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** undefined: not given. */
  boolean(name: string): boolean | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : text.toLowerCase() === 'true';
  }
}

function unknownFlag(name: string, known: readonly string[]): Error {
  if (known.length === 0) return syntaxError(`unknown flag --${name}: this instruction has none`);
  return unknownWord(
    'flag',
    `--${name}`,
    known.map((flag) => `--${flag}`),
  );
}
