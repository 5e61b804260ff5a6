/** The service that is made of a Quadlet file: the file's own sections, and what is added to them. */
import { all, last, type Place, type Section, type UnitFile } from '../unit-file/unit-file.ts';
import { quoteWord } from '../unit-file/words.ts';

export class Service {
  readonly content: UnitFile;
  private readonly made: Place;

  /** @param hidden sections that systemd is not to read: they stay for people, under a name beginning with X- */
  constructor(source: UnitFile, path: string, hidden: readonly string[]) {
    this.made = { file: path, line: 0 };
    this.content = source.map((section) => ({
      ...section,
      name: hidden.includes(section.name) ? `X-${section.name}` : section.name,
      assignments: [...section.assignments],
    }));
  }

  value(section: string, key: string): string | undefined {
    return last(this.content, section, key)?.value;
  }

  add(section: string, key: string, value: string): void {
    this.lastOf(section).assignments.push({ ...this.made, key, value });
  }

  /** In front of all that the file has, as what comes later may take it back. */
  addFirst(section: string, key: string, value: string): void {
    this.lastOf(section);
    const first = this.content.find(({ name }) => name === section)!;
    first.assignments.unshift({ ...this.made, key, value });
  }

  /** Unless the file says it. */
  addDefault(section: string, key: string, value: string): void {
    if (this.value(section, key) === undefined) this.add(section, key, value);
  }

  /** Needs another unit, which comes first. */
  require(unit: string, how: 'Requires' | 'BindsTo' = 'Requires'): void {
    this.addOnce('Unit', how, unit);
    this.addOnce('Unit', 'After', unit);
  }

  requireMounts(path: string): void {
    this.addOnce('Unit', 'RequiresMountsFor', quoteWord(path));
  }

  private addOnce(section: string, key: string, value: string): void {
    if (!all(this.content, section, key).some((assignment) => assignment.value === value))
      this.add(section, key, value);
  }

  private lastOf(name: string): Section {
    const found = this.content.findLast((section) => section.name === name);
    if (found !== undefined) return found;
    const fresh: Section = { ...this.made, name, assignments: [] };
    this.content.push(fresh);
    return fresh;
  }
}
