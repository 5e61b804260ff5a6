/** Which files make up registries.conf here (containers-registries.conf(5) and containers-registries.conf.d(5)). */
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { addContext, hasCode } from '../../core/error.ts';

const SYSTEM = '/etc/containers/registries.conf';

/**
 * In the order of reading, the later over the earlier. CONTAINERS_REGISTRIES_CONF names another main file; a person's
 * own file stands in place of the machine's, with drop-ins of their own only; else both kinds of drop-ins count.
 */
export async function confFiles(): Promise<string[]> {
  const own = join(configHome(), 'containers/registries.conf');
  const named = process.env.CONTAINERS_REGISTRIES_CONF;
  if (!named && (await readIfThere(own)) !== undefined) return [own, ...(await listConf(`${own}.d`))];
  const dropIns = await Promise.all([`${SYSTEM}.d`, `${own}.d`].map(listConf));
  return [named || SYSTEM, ...dropIns.flat()];
}

export function configHome(): string {
  return process.env.XDG_CONFIG_HOME || join(homedir(), '.config');
}

async function listConf(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => name.endsWith('.conf'))
      .sort()
      .map((name) => `${folder}/${name}`);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return [];
    throw addContext(error, `read ${folder}`);
  }
}

/** The text of a configuration file; one that is not there, or not for us to read, says nothing. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return undefined;
    throw addContext(error, `read ${file}`);
  }
}
