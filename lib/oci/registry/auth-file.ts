/** auth.json (containers-auth.json(5)) and Docker's config.json: where they are, what in them matters here. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { addContext, hasCode, ProaError } from '../../core/error.ts';
import { hostUid } from '../../core/host-root.ts';

/** The members of auth.json (containers-auth.json(5)) and of Docker's config.json that matter here. */
export interface AuthFile {
  readonly auths?: Readonly<Record<string, AuthEntry | null>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

export interface AuthEntry {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

/** The key under which Docker keeps the login for Docker Hub. */
export const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

/** Where logins are looked for, in this order. */
export function authFilePaths(authFile?: string): string[] {
  const { REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, XDG_CONFIG_HOME, DOCKER_CONFIG } = process.env;
  const named = authFile || REGISTRY_AUTH_FILE;
  if (named) return [named];
  const home = homedir();
  const runtime = XDG_RUNTIME_DIR ? join(XDG_RUNTIME_DIR, 'containers') : `/run/containers/${hostUid()}`;
  return [
    join(runtime, 'auth.json'),
    join(XDG_CONFIG_HOME || join(home, '.config'), 'containers/auth.json'),
    join(DOCKER_CONFIG || join(home, '.docker'), 'config.json'),
  ];
}

/**
 * Reads one of them. @returns undefined when there is none (or, of those that were not named, none that may be read)
 * @throws ProaError AUTH_FILE_INVALID, or the errno of a file that was named and cannot be read
 */
export async function readAuthFile(path: string, mustExist: boolean): Promise<AuthFile | undefined> {
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

/** `host/team/app`, `host/team`, `host`. */
export function keysFor(registry: string, repository: string): string[] {
  const parts = [registry, ...repository.split('/')];
  return parts.map((_, i) => parts.slice(0, parts.length - i).join('/'));
}

/** The entry of the most specific of `names`, or of what Docker writes for the registry. */
export function findEntry(
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

export function invalidFile(path: string, why: string): ProaError {
  return new ProaError('AUTH_FILE_INVALID', `read logins: ${path}: ${why}`, {
    hint: 'write it anew with: proa login',
  });
}
