/**
 * `[Install]`: what `systemctl enable` does for files of its own, a generator does by links in its folder, as units that it
 * made cannot be enabled.
 */
import { all } from '../unit-file/unit-file.ts';
import { isUnitName, splitInstance } from '../unit-file/unit-name.ts';
import { QuadletError } from './problem.ts';
import { wordsIn } from './rules.ts';
import type { QuadletUnit } from './unit.ts';

export interface Link {
  /** Relative to the generator's folder. */
  path: string;
  target: string;
}

const FOLDERS: Readonly<Record<string, string>> = {
  WantedBy: 'wants',
  RequiredBy: 'requires',
  UpheldBy: 'upholds',
};

/** @param service without `.service`. @throws QuadletError for what is no name of a unit */
export function installLinks(unit: QuadletUnit, service: string): Link[] {
  const { base, instance } = splitInstance(service);
  const file = `${service}.service`;
  const values = (key: string): string[] =>
    all(unit.content, 'Install', key).flatMap((assignment) =>
      wordsIn(assignment).map((word) => {
        const name = expand(word, service);
        if (isUnitName(name)) return name;
        throw new QuadletError(assignment, `${key}=${assignment.value}: ${name} is no name of a unit`);
      }),
    );
  const links: Link[] = [];
  for (const alias of values('Alias')) {
    const isTemplate = splitInstance(alias.slice(0, alias.lastIndexOf('.'))).instance === '';
    // A template's other name is a template too; anything else would be an instance of nothing.
    if (alias !== file && (instance !== '' || isTemplate)) links.push({ path: alias, target: file });
  }
  let wanted = file;
  if (instance === '') {
    const given = all(unit.content, 'Install', 'DefaultInstance').at(-1)?.value;
    if (given === undefined) return links;
    wanted = `${base}@${given}.service`;
  }
  for (const [key, folder] of Object.entries(FOLDERS))
    for (const name of values(key)) links.push({ path: `${name}.${folder}/${wanted}`, target: `../${file}` });
  return links;
}

/** The specifiers of names, which systemctl would fill in here: systemd.unit(5), "Specifiers". */
function expand(word: string, service: string): string {
  const { base, instance = '' } = splitInstance(service);
  const meant: Record<string, string> = {
    n: `${service}.service`,
    N: service,
    p: base,
    i: instance,
    j: base.slice(base.lastIndexOf('-') + 1),
    '%': '%',
  };
  return word.replace(/%(.)/g, (whole, letter: string) => meant[letter] ?? whole);
}
