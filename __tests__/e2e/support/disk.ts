/** What is on the disk, asked of du(1) itself. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { formatBytes } from '../../../lib/cli/values.ts';

/** Bytes that files and folders take, each with all below it. */
export function du(...paths: string[]): number {
  if (paths.length === 0) return 0;
  const out = execFileSync('du', ['-s', '-x', '--block-size=1', ...paths], { encoding: 'utf8' });
  return out
    .trimEnd()
    .split('\n')
    .reduce((sum, line) => sum + Number(line.split('\t')[0]), 0);
}

/** {@link du} of what is in these folders, without the folders themselves. */
export function duIn(...folders: string[]): number {
  return du(...folders.flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`)));
}

/** As `system df` and the prunes write it. */
export function sizeText(bytes: number): string {
  return formatBytes(bytes, 4);
}
