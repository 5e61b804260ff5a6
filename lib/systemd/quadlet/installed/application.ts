/**
 * Files that were installed together and go together, as Podman notes it: `.NAME.app` lists all files of an application,
 * `.FILE.asset` what was installed along with one Quadlet file. Both have a name a line.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export interface Belongings {
  /** The application's name, undefined for the assets of a single file. */
  application?: string;
  /** The file that lists them. */
  list: string;
  files: string[];
}

export const applicationList = (folder: string, name: string): string => `${folder}/.${name}.app`;
export const assetList = (folder: string, file: string): string => `${folder}/.${file}.asset`;

/** Applications in a folder. */
export function applicationsIn(folder: string): Belongings[] {
  return readdirSync(folder)
    .filter((name) => /^\..+\.app$/.test(name))
    .map((name) => ({
      application: name.slice(1, -'.app'.length),
      list: `${folder}/${name}`,
      files: linesOf(`${folder}/${name}`),
    }));
}

/** What was installed along with a Quadlet file. */
export function assetsOf(folder: string, file: string): Belongings | undefined {
  const list = assetList(folder, file);
  return existsSync(list) ? { list, files: linesOf(list) } : undefined;
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.includes('/'));
}
