/** A unit file's text. */
import type { UnitFile } from './unit-file.ts';

/** @param comment lines at its head, without the `#` */
export function unitFileText(unit: UnitFile, comment: readonly string[] = []): string {
  const head = comment.map((line) => `# ${line}\n`).join('');
  const sections = unit.map(
    ({ name, assignments }) =>
      `[${name}]\n${assignments.map(({ key, value }) => `${key}=${value}\n`).join('')}`,
  );
  return `${head}${head === '' ? '' : '\n'}${sections.join('\n')}`;
}
