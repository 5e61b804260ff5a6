/** `login` and `logout`: a user name and password are tried, and kept where the next request finds them. */
import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeFileAtomic } from '../../core/atomic-file.ts';
import { type Lock, lock } from '../../core/lock.ts';
import {
  type AuthFile,
  authFilePaths,
  DOCKER_HUB_KEY,
  findEntry,
  keysFor,
  readAuthFile,
} from './auth-file.ts';
import { discard } from './body.ts';
import {
  type HelperLogin,
  helperErase,
  helperFor,
  helperStore,
  serverOf,
  TOKEN_USER,
} from './credential-helper.ts';
import type { Purpose } from './errors.ts';
import { AUTH_FILES, loadRegistriesConf } from './registries-conf.ts';
import { type RegistryOptions, RegistrySession } from './session.ts';

export interface Login {
  username: string;
  password?: string;
  /** Of a token server, which takes it instead of the password. */
  identityToken?: string;
}

/** Where logins are kept. */
export interface LoginPlace {
  /** `--authfile`. */
  authFile?: string | undefined;
  /** `--compat-auth-file`: a file that Docker reads, with its name for the Hub and none for parts of a registry. */
  dockerFile?: string | undefined;
}

/** Where a login went. */
export interface KeptLogin {
  /** The file that has it, or that names the helper which has it. */
  file: string;
  helper?: string;
}

/**
 * Tries a login. @returns it as it should be kept: a token server may give an identity token in place of the password
 * @throws ProaError UNAUTHORIZED, REGISTRY_UNREACHABLE, TLS_FAILED, …
 */
export async function checkLogin(registry: string, login: Login, options: RegistryOptions): Promise<Login> {
  const session = new RegistrySession(registry, { ...options, credentials: login, offline: true });
  const purpose: Purpose = { ...session.purpose('log in', 'token', registry), loggedIn: true };
  const answer = await session.request('', '/v2/', {}, purpose);
  if (answer.response.status !== 200) throw await session.refusal(answer, '', purpose);
  await discard(answer.response);
  const { identityToken } = session;
  return identityToken === undefined ? login : { username: login.username, identityToken };
}

/**
 * Keeps a login: in the file that has one for this key already (the first that is read wins), else in Docker's.
 * @param key a registry, or one and the start of its repositories: `quay.io/team`
 */
export async function keepLogin(key: string, login: Login, place: LoginPlace = {}): Promise<KeptLogin> {
  const named = place.dockerFile ?? place.authFile;
  const { registry, names } = partsOf(key);
  const helperOfAll = named === undefined ? await firstHelper() : undefined;
  if (helperOfAll !== undefined) {
    await helperStore(helperOfAll, serverOf(registry, key), secretOf(login), CONF);
    return { file: CONF, helper: helperOfAll };
  }
  const paths = authFilePaths(named);
  const file = (await fileWith(key, paths, named)) ?? paths.at(-1)!;
  using _ = await lockFile(file);
  const document = await readDocument(file);
  const helper = helperFor(document, registry, names);
  if (helper !== undefined) {
    await helperStore(helper.name, helper.server, secretOf(login), file);
    return { file, helper: helper.name };
  }
  const { identityToken: identitytoken } = login;
  const auth = Buffer.from(`${login.username}:${login.password ?? ''}`).toString('base64');
  const known = findEntry(document.auths ?? {}, registry, [key])?.key;
  const isDockers = place.dockerFile !== undefined || file.endsWith('config.json');
  const entry = { auth, ...(identitytoken !== undefined && { identitytoken }) };
  const auths = { ...document.auths, [known ?? (isDockers ? dockersKey(key) : key)]: entry };
  writeDocument(file, { ...document, auths });
  return { file };
}

/** Forgets a login in every file. @returns the files that had one; none: there was no login */
export async function forgetLogin(key: string, place: LoginPlace = {}): Promise<string[]> {
  const files: string[] = [];
  const named = place.dockerFile ?? place.authFile;
  const helperOfAll = named === undefined ? await firstHelper() : undefined;
  if (helperOfAll !== undefined) {
    await helperErase(helperOfAll, serverOf(partsOf(key).registry, key), CONF);
    files.push(CONF);
  }
  for (const file of authFilePaths(named)) {
    const seen = await readAuthFile(file, false);
    if (seen === undefined || !has(seen, key)) continue;
    using _ = await lockFile(file);
    const document = await readDocument(file);
    const { registry, names } = partsOf(key);
    const helper = helperFor(document, registry, names);
    if (helper !== undefined) await helperErase(helper.name, helper.server, file);
    const entry = findEntry(document.auths ?? {}, registry, [key])?.key;
    if (entry !== undefined) {
      const { [entry]: _gone, ...auths } = document.auths!;
      writeDocument(file, { ...document, auths });
    }
    files.push(file);
  }
  return files;
}

/** Forgets all logins that stand in the files. @returns their keys */
export async function forgetAllLogins({ authFile, dockerFile }: LoginPlace = {}): Promise<string[]> {
  const gone: string[] = [];
  for (const file of authFilePaths(dockerFile ?? authFile)) {
    const document = await readAuthFile(file, false);
    const keys = Object.keys(document?.auths ?? {});
    if (keys.length === 0) continue;
    using _ = await lockFile(file);
    writeDocument(file, { ...(await readDocument(file)), auths: {} });
    gone.push(...keys);
  }
  return gone;
}

async function fileWith(
  key: string,
  paths: readonly string[],
  authFile?: string,
): Promise<string | undefined> {
  for (const path of paths) {
    if (path === authFile && !existsSync(path)) return path;
    const document = await readAuthFile(path, false);
    if (document !== undefined && has(document, key)) return path;
  }
  return undefined;
}

function has(document: AuthFile, key: string): boolean {
  const { registry, names } = partsOf(key);
  if (findEntry(document.auths ?? {}, registry, [key]) !== undefined) return true;
  return helperFor(document, registry, names) !== undefined;
}

function partsOf(key: string): { registry: string; names: string[] } {
  const slash = key.indexOf('/');
  const registry = slash < 0 ? key : key.slice(0, slash);
  return { registry, names: slash < 0 ? [key] : keysFor(registry, key.slice(slash + 1)) };
}

/** The Hub's name that Docker finds. */
function dockersKey(key: string): string {
  return key === 'docker.io' ? DOCKER_HUB_KEY : key;
}

const CONF = 'registries.conf';

/** The helper that registries.conf puts before the files. */
async function firstHelper(): Promise<string | undefined> {
  const [first] = (await loadRegistriesConf()).credentialHelpers;
  return first === AUTH_FILES ? undefined : first;
}

/** Helpers know identity tokens by this user name (docker/docker-credential-helpers). */
function secretOf({ username, password = '', identityToken }: Login): HelperLogin {
  return identityToken === undefined
    ? { username, secret: password }
    : { username: TOKEN_USER, secret: identityToken };
}

async function readDocument(file: string): Promise<AuthFile> {
  return (await readAuthFile(file, false)) ?? {};
}

/** Everything else in the file (Docker keeps settings there) stays as it is. */
function writeDocument(file: string, document: AuthFile): void {
  // People keep it with their other settings and link to it: the link stays.
  const real = existsSync(file) ? realpathSync(file) : file;
  writeFileAtomic(real, `${JSON.stringify(document, undefined, '\t')}\n`, { mode: 0o600, sync: true });
}

/** Two logins at once must not lose one another. The folder is locked, as the file is replaced. */
async function lockFile(file: string): Promise<Lock> {
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return lock(folder);
}
