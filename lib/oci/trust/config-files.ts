/** Where the files of trust stand: those of the user instead of those of the machine (containers-policy.json(5)). */
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { addContext, hasCode } from '../../core/error.ts';
import { ACCEPT_ANYTHING, type Policy, parsePolicy } from './policy.ts';

const SYSTEM = '/etc/containers';

/**
 * The policy of this machine and user.
 * @param file `--signature-policy`; then it must be there
 * @throws ProaError CONFIG_INVALID, ENOENT for the file that was named, EACCES, …
 */
export async function loadPolicy(file?: string): Promise<Policy> {
  const path = file ?? (await policyPath());
  const text = file === undefined ? await readIfThere(path) : await read(path);
  return text === undefined ? ACCEPT_ANYTHING : parsePolicy(text, path);
}

/** The user's file if there is one, else the machine's, which need not be there. */
export async function policyPath(): Promise<string> {
  const own = `${userFolder()}/policy.json`;
  return (await readIfThere(own)) === undefined ? `${SYSTEM}/policy.json` : own;
}

/** The `.yaml` files of registries.d in the order of their names. @param folder instead of the usual ones */
export async function registriesDFiles(folder?: string): Promise<{ file: string; text: string }[]> {
  const [own, system] = [`${userFolder()}/registries.d`, `${SYSTEM}/registries.d`];
  const used = folder ?? ((await list(own)) === undefined ? system : own);
  const names = (await list(used)) ?? [];
  const files = names.filter((name) => name.endsWith('.yaml')).sort();
  return Promise.all(
    files.map(async (name) => ({ file: `${used}/${name}`, text: await read(`${used}/${name}`) })),
  );
}

/** Not XDG_CONFIG_HOME: the man page and the other programs that read it know only this. */
function userFolder(): string {
  return `${process.env.HOME || homedir()}/.config/containers`;
}

async function list(folder: string): Promise<string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw addContext(error, `read ${folder}`);
  }
}

/** A file that may not be read is an error here: to go on without it would be to trust everybody. */
async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw addContext(error, `read ${file}`);
  }
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw addContext(error, `read ${file}`);
  }
}
