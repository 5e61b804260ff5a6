import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { addContext, hasCode, ProaError } from '../../core/error.ts';
import { harmless } from './failure.ts';

/** A login. Exactly one of password, identityToken and registryToken is of use. */
export interface Credentials {
  readonly username: string;
  readonly password?: string;
  /** An OAuth 2 refresh token. */
  readonly identityToken?: string;
  /** A bearer token for the registry itself. */
  readonly registryToken?: string;
}

/** The members of auth.json (containers-auth.json(5)) and of Docker's config.json that matter here. */
interface AuthFile {
  readonly auths?: Readonly<Record<string, AuthEntry | null>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

interface AuthEntry {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

/** The key under which Docker keeps the login for Docker Hub. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';
const HELPER_TIMEOUT = 60_000;

/**
 * The login for a repository, or undefined. `authFile` (`--authfile`) or else REGISTRY_AUTH_FILE is the only file that
 * is read; otherwise Podman's files come before Docker's and the first that knows the registry wins. In a file the most
 * specific key wins: `host/team/app`, `host/team`, `host`. Throws AUTH_FILE_INVALID, CREDENTIAL_HELPER_FAILED, or the
 * errno of a file that was named and cannot be read.
 */
export async function findCredentials(
  registry: string,
  repository: string,
  authFile?: string,
): Promise<Credentials | undefined> {
  for (const path of authFilePaths(authFile)) {
    const file = await readAuthFile(path, path === authFile);
    const found = file && (await findInFile(file, path, registry, repository));
    if (found) return found;
  }
  return undefined;
}

/** Where logins are looked for, in this order. */
export function authFilePaths(authFile?: string): string[] {
  const { REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, XDG_CONFIG_HOME, DOCKER_CONFIG } = process.env;
  const named = authFile || REGISTRY_AUTH_FILE;
  if (named) return [named];
  const home = homedir();
  const runtime = XDG_RUNTIME_DIR
    ? join(XDG_RUNTIME_DIR, 'containers')
    : `/run/containers/${process.getuid?.() ?? 0}`;
  return [
    join(runtime, 'auth.json'),
    join(XDG_CONFIG_HOME || join(home, '.config'), 'containers/auth.json'),
    join(DOCKER_CONFIG || join(home, '.docker'), 'config.json'),
  ];
}

async function readAuthFile(path: string, mustExist: boolean): Promise<AuthFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    // Another user's runtime directory is closed after `su` without a login; then there is no login in it.
    if (!mustExist && hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return undefined;
    throw addContext(error, `read logins: ${path}`);
  }
  let parsed: unknown;
  try {
    // An empty file is what `touch` leaves for tools that want it to exist.
    parsed = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    // The parser's message would quote the file, so it is not passed on.
    throw invalidFile(path, 'it is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw invalidFile(path, 'no object');
  return parsed as AuthFile;
}

async function findInFile(file: AuthFile, path: string, registry: string, repository: string) {
  const names = keysFor(registry, repository);
  const helperName = names.find((name) => typeof file.credHelpers?.[name] === 'string');
  if (helperName !== undefined) {
    return askHelper(file.credHelpers![helperName]!, serverOf(registry, helperName), path);
  }
  const entry = findEntry(file.auths ?? {}, registry, names);
  const stored = entry && decodeEntry(entry.value, entry.key, path);
  if (stored) return stored;
  return file.credsStore ? askHelper(file.credsStore, serverOf(registry, registry), path) : undefined;
}

/** `host/team/app`, `host/team`, `host`. */
function keysFor(registry: string, repository: string): string[] {
  const parts = [registry, ...repository.split('/')];
  return parts.map((_, i) => parts.slice(0, parts.length - i).join('/'));
}

function findEntry(
  auths: Readonly<Record<string, AuthEntry | null>>,
  registry: string,
  names: readonly string[],
) {
  const keys = Object.keys(auths);
  for (const name of names) if (keys.includes(name) && auths[name]) return { key: name, value: auths[name] };
  // Docker writes URLs, of which only the host counts: https://index.docker.io/v1/
  const key = keys.find((k) => hostOfLegacyKey(k) === registry && auths[k]);
  return key === undefined ? undefined : { key, value: auths[key]! };
}

function hostOfLegacyKey(key: string): string | undefined {
  const match = /^(https?:\/\/)?([^/]+)(\/v[12]\/?|\/)?$/.exec(key);
  const host = match?.[2];
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host;
}

/** What a helper is asked for: Docker stores the Hub's login under a URL, all others under the key. */
function serverOf(registry: string, key: string): string {
  return registry === 'docker.io' && key === registry ? DOCKER_HUB_KEY : key;
}

function decodeEntry(entry: AuthEntry, key: string, path: string): Credentials | undefined {
  const { auth = '', identitytoken, registrytoken } = entry;
  // Docker pads the text with NUL bytes in some versions.
  const decoded = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = decoded.indexOf(':');
  if (auth !== '' && colon < 0)
    throw invalidFile(path, `auths[${JSON.stringify(key)}].auth is not base64 of user:password`);
  const username = entry.username ?? decoded.slice(0, Math.max(colon, 0));
  const password = entry.password ?? decoded.slice(colon + 1);
  if (registrytoken) return { username, registryToken: registrytoken };
  if (identitytoken) return { username, identityToken: identitytoken };
  // After a login through a helper Docker leaves `{}` here.
  return username === '' && password === '' ? undefined : { username, password };
}

/** Asks `docker-credential-NAME get` (docker/docker-credential-helpers). Undefined when it has no login. */
async function askHelper(name: string, server: string, path: string): Promise<Credentials | undefined> {
  const program = `docker-credential-${name}`;
  const fail = (why: string, hint?: string, cause?: unknown) =>
    new ProaError('CREDENTIAL_HELPER_FAILED', `get login: ${program}: ${why}`, { hint, cause });
  // A name with a slash would run any program, from a file that merely holds logins.
  if (!/^[\w.-]+$/.test(name)) throw fail(`${path} names it, and it is not a helper's name`);
  const { execa } = await import('execa');
  const result = await execa(program, ['get'], { input: server, reject: false, timeout: HELPER_TIMEOUT });
  const out = result.stdout;
  if (result.exitCode !== 0) {
    if (/credentials not found/i.test(out)) return undefined;
    if ((result as { code?: string }).code === 'ENOENT') {
      throw fail(`it is not installed, but ${path} asks for it`, `install it, or take it out of ${path}`);
    }
    throw fail(result.timedOut ? 'no answer within a minute' : harmless(out || result.stderr || 'it failed'));
  }
  let reply: { Username?: unknown; Secret?: unknown };
  try {
    reply = JSON.parse(out);
  } catch {
    // What cannot be parsed may still be a password, so it is not shown.
    throw fail('its answer is not JSON');
  }
  const { Username: username, Secret: secret } = reply ?? {};
  if (typeof username !== 'string' || typeof secret !== 'string')
    throw fail('its answer has no Username and Secret');
  if (username === '' && secret === '') return undefined;
  return username === '<token>' ? { username, identityToken: secret } : { username, password: secret };
}

function invalidFile(path: string, why: string): ProaError {
  return new ProaError('AUTH_FILE_INVALID', `read logins: ${path}: ${why}`, {
    hint: 'write it anew with: proa login',
  });
}
