/** Finds and reads Quadlet files with their drop-ins: systemd.unit(5), "Description". */
import { readdirSync, readFileSync } from 'node:fs';
import { messageOf } from '../../core/error.ts';
import { parseUnitFile } from '../unit-file/parse.ts';
import type { UnitFile } from '../unit-file/unit-file.ts';
import { isUnitPrefix, splitInstance } from '../unit-file/unit-name.ts';
import { kindOf, stemOf } from './kinds.ts';
import { type Problem, QuadletError } from './problem.ts';
import type { QuadletUnit } from './unit.ts';

/**
 * All units of the folders, by name; of one that several folders have, the first one's. An empty file (or a link to
 * /dev/null) takes a unit away.
 */
export function loadUnits(folders: readonly string[], problems: Problem[]): Map<string, QuadletUnit> {
  const units = new Map<string, QuadletUnit>();
  const listed = list(folders);
  for (const [name, path] of filesOf(listed)) {
    const kind = kindOf(name)!;
    try {
      if (!isUnitPrefix(stemOf(name)))
        throw new QuadletError({ file: path }, `${name} makes no valid name of a unit`);
      const text = readFileSync(path, 'utf8');
      if (text === '') continue;
      const content = read(text, path);
      for (const file of dropIns(name, listed)) content.push(...read(readFileSync(file, 'utf8'), file));
      units.set(name, { name, kind, path, content });
    } catch (error) {
      if (error instanceof QuadletError) problems.push(error.problem);
      else problems.push({ file: path, message: `read: ${messageOf(error)}`, severity: 'error' });
    }
  }
  return units;
}

/** A file with a line that is nothing makes no unit. @throws QuadletError */
function read(text: string, file: string): UnitFile {
  return parseUnitFile(text, file, (place, why) => {
    throw new QuadletError(place, why);
  });
}

/** The path of each Quadlet file, by its name. */
export function findFiles(folders: readonly string[]): Map<string, string> {
  return filesOf(list(folders));
}

interface Listed {
  folder: string;
  names: ReadonlySet<string>;
}

/** Each folder is read once, however many units and drop-ins are looked for. */
function list(folders: readonly string[]): Listed[] {
  return folders.map((folder) => ({ folder, names: new Set(readdirSync(folder).sort()) }));
}

function filesOf(listed: readonly Listed[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { folder, names } of listed) {
    for (const name of names)
      if (kindOf(name) !== undefined && !found.has(name)) found.set(name, `${folder}/${name}`);
  }
  return found;
}

/**
 * The `.conf` files that add to a unit, in the order of their names. Of those of one name the nearest to the unit counts,
 * and of these the one in the most important folder.
 */
function dropIns(name: string, listed: readonly Listed[]): string[] {
  const byName = new Map<string, string>();
  for (const dropFolder of dropInFolders(name)) {
    for (const { folder, names } of listed) {
      if (!names.has(dropFolder)) continue;
      for (const file of readdirSync(`${folder}/${dropFolder}`)) {
        if (file.endsWith('.conf') && !byName.has(file)) byName.set(file, `${folder}/${dropFolder}/${file}`);
      }
    }
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}

/** The nearest first: `foo-bar@x.container.d`, `foo-bar@.container.d`, `foo-.container.d`, `container.d`. */
export function dropInFolders(name: string): string[] {
  const stem = stemOf(name);
  const extension = name.slice(stem.length);
  const { base, instance } = splitInstance(stem);
  const names = [stem];
  if (instance !== undefined && instance !== '') names.push(`${base}@`);
  for (let dash = base.lastIndexOf('-', base.length - 2); dash > 0; dash = base.lastIndexOf('-', dash - 1))
    names.push(base.slice(0, dash + 1));
  return [...names.map((each) => `${each}${extension}.d`), `${extension.slice(1)}.d`];
}
