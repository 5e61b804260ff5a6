/**
 * A unit file as systemd.syntax(7) has it: sections of assignments, in the order in which they were written. The same key
 * may be assigned several times; what that means is up to who reads it ({@link all}, {@link last}).
 */

/** Where something stands: a line of a file, counted from 1. */
export interface Place {
  file: string;
  line: number;
}

export interface Assignment extends Place {
  key: string;
  /** Without the white space around it; lines that end in a backslash are joined. Quotes and escapes are still in it. */
  value: string;
}

export interface Section extends Place {
  name: string;
  assignments: Assignment[];
}

/** Sections that are there several times stay so: the file is shown as it was written. */
export type UnitFile = Section[];

/** All assignments of a key, the oldest first; an empty one takes back those before it. */
export function all(unit: UnitFile, section: string, key: string): Assignment[] {
  const found: Assignment[] = [];
  // Asked for each key there is, of each file: loops, as nothing is compiled yet that early.
  for (const { name, assignments } of unit) {
    if (name !== section) continue;
    for (const assignment of assignments) {
      if (assignment.key !== key) continue;
      if (assignment.value === '') found.length = 0;
      else found.push(assignment);
    }
  }
  return found;
}

/** The assignment of a key that counts where only one can; undefined when the last one is empty. */
export function last(unit: UnitFile, section: string, key: string): Assignment | undefined {
  return all(unit, section, key).at(-1);
}

/** Every assignment of all sections of that name. */
export function assignmentsOf(unit: UnitFile, section: string): Assignment[] {
  return unit.filter(({ name }) => name === section).flatMap(({ assignments }) => assignments);
}

export function hasSection(unit: UnitFile, section: string): boolean {
  return unit.some(({ name }) => name === section);
}
