/**
 * How the keys of a Quadlet file become options of a command line: a table a kind. Whatever is more than that (a name of
 * another Quadlet file, a path beside the file) is `own`, and its kind's converter reads it.
 */
import { type Assignment, all, assignmentsOf } from '../unit-file/unit-file.ts';
import { splitWords, unquote } from '../unit-file/words.ts';
import { COMMON_SECTION, KIND } from './kinds.ts';
import { QuadletError, valueError } from './problem.ts';
import type { QuadletUnit } from './unit.ts';
import { type Check, parseBoolean } from './values.ts';

export interface Rule {
  /**
   * `last`: the last assignment is the value. `each`: every assignment is one. `words`: every word of every assignment.
   * `pairs`: likewise, NAME=VALUE, of which the last one of a name counts. `flag`: a boolean. `own`: see above.
   */
  form: 'last' | 'each' | 'words' | 'pairs' | 'flag' | 'own';
  /** The option, with its dashes; a value follows as a word of its own unless the option ends in `=`. */
  option: string;
  check?: Check | undefined;
  /** Why Proa cannot do this at all. */
  refused?: string;
}

/** In the order of the command line. */
export type RuleTable = Readonly<Record<string, Rule>>;

export const last = (option: string, check?: Check): Rule => ({ form: 'last', option, check });
export const each = (option: string, check?: Check): Rule => ({ form: 'each', option, check });
export const words = (option: string, check?: Check): Rule => ({ form: 'words', option, check });
export const pairs = (option: string): Rule => ({ form: 'pairs', option });
export const flag = (option: string): Rule => ({ form: 'flag', option });
/** @param option of the commands, where there is one, that the key amounts to */
export const own = (option = ''): Rule => ({ form: 'own', option });
export const refused = (why: string): Rule => ({ form: 'own', option: '', refused: why });

/** Of every kind. */
export const COMMON_RULES: RuleTable = {
  ContainersConfModule: refused('Proa reads no modules of containers.conf; use the keys of this section'),
  GlobalArgs: own(),
  PodmanArgs: own(),
  ServiceName: own(),
};

/** The keys of the section that every kind may have. */
const COMMON_KEYS: readonly string[] = ['DefaultDependencies'];

/** The words that the table's keys amount to. @throws QuadletError */
export function optionsOf(unit: QuadletUnit, table: RuleTable): string[] {
  const { section } = KIND[unit.kind];
  const present = new Set(assignmentsOf(unit.content, section).map(({ key }) => key));
  return Object.entries({ ...table, ...COMMON_RULES }).flatMap(([key, rule]) => {
    if (!present.has(key)) return [];
    const given = all(unit.content, section, key);
    if (rule.refused !== undefined && given.length > 0) throw valueError(given.at(-1)!, rule.refused);
    return rule.form === 'own' || given.length === 0 ? [] : wordsOf(rule, given);
  });
}

function wordsOf(rule: Rule, given: Assignment[]): string[] {
  const option = (assignment: Assignment, value: string): string[] => {
    const why = rule.check?.(value);
    if (why !== undefined) throw valueError(assignment, why);
    return rule.option.endsWith('=') ? [`${rule.option}${value}`] : [rule.option, value];
  };
  const final = given.at(-1)!;
  switch (rule.form) {
    case 'last':
      return option(final, unquote(final.value));
    case 'each':
      return given.flatMap((assignment) => option(assignment, unquote(assignment.value)));
    case 'words':
      return given.flatMap((assignment) => wordsIn(assignment).flatMap((word) => option(assignment, word)));
    case 'pairs':
      return uniquePairs(given).flatMap((text) => [rule.option, text]);
    case 'flag':
      return [booleanOf(final) ? rule.option : `${rule.option}=false`];
    case 'own':
      return [];
  }
}

/** The last assignment of each name, in the order of the first ones. A name alone is passed on as it is. */
function uniquePairs(given: Assignment[]): string[] {
  const byName = new Map<string, string>();
  for (const assignment of given) {
    for (const word of wordsIn(assignment)) {
      const name = word.split('=', 1)[0]!;
      if (name === '') throw valueError(assignment, `${word} has no name in front of the =`);
      byName.set(name, word);
    }
  }
  return [...byName.values()];
}

/** @throws QuadletError when a quote is not closed */
export function wordsIn(assignment: Assignment): string[] {
  const found = splitWords(assignment.value);
  if (found === undefined) throw valueError(assignment, 'a quote is not closed');
  return found;
}

/** @throws QuadletError when it is none */
export function booleanOf(assignment: Assignment): boolean {
  const value = parseBoolean(unquote(assignment.value));
  if (value === undefined) throw valueError(assignment, 'neither yes nor no');
  return value;
}

/** The words of all assignments of a key of the unit's own section. */
export function allWords(unit: QuadletUnit, key: string): string[] {
  return all(unit.content, KIND[unit.kind].section, key).flatMap(wordsIn);
}

/** An assignment of the unit's own section, and its value without quotes, where it is one text. */
export interface Given extends Assignment {
  text: string;
}

const withText = (assignment: Assignment): Given => ({ ...assignment, text: unquote(assignment.value) });

/** The assignment of a key of the unit's own section that counts. */
export function given(unit: QuadletUnit, key: string): Given | undefined {
  return allGiven(unit, key).at(-1);
}

/** All assignments of such a key. */
export function allGiven(unit: QuadletUnit, key: string): Given[] {
  return all(unit.content, KIND[unit.kind].section, key).map(withText);
}

/** A boolean key of the unit's own section. @throws QuadletError when it is none */
export function isOn(unit: QuadletUnit, key: string, otherwise = false): boolean {
  const found = given(unit, key);
  return found === undefined ? otherwise : booleanOf(found);
}

/** What is no key of its kind, in the order of the file. */
export function unknownKeys(unit: QuadletUnit, table: RuleTable): QuadletError[] {
  const { section } = KIND[unit.kind];
  const check = (name: string, isKnown: (key: string) => boolean, known: () => readonly string[]) =>
    assignmentsOf(unit.content, name)
      .filter(({ key }) => !isKnown(key))
      .map((assignment) => {
        const { key } = assignment;
        return new QuadletError(assignment, `${key}=: no such key in [${name}]`, {
          word: key,
          known: known(),
        });
      });
  return [
    ...check(
      section,
      (key) => Object.hasOwn(table, key) || Object.hasOwn(COMMON_RULES, key),
      () => [...Object.keys(table), ...Object.keys(COMMON_RULES)],
    ),
    ...check(
      COMMON_SECTION,
      (key) => COMMON_KEYS.includes(key),
      () => COMMON_KEYS,
    ),
  ];
}
