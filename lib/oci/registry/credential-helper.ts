/** Programs that keep logins in the desktop's key ring and the like: docker-credential-NAME (docker/docker-credential-helpers). */
import { ProaError } from '../../core/error.ts';
import { type AuthFile, DOCKER_HUB_KEY } from './auth-file.ts';
import { harmless } from './failure.ts';

const HELPER_TIMEOUT = 60_000;
/** The user name of a secret that is an identity token and no password. */
export const TOKEN_USER = '<token>';

export interface HelperLogin {
  username: string;
  secret: string;
}

/** The helper that a file names for a registry; `own`: for this one alone, not for all. */
export function helperFor(
  file: AuthFile,
  registry: string,
  names: readonly string[],
): { name: string; server: string; own: boolean } | undefined {
  const key = names.find((name) => typeof file.credHelpers?.[name] === 'string');
  if (key !== undefined) return { name: file.credHelpers![key]!, server: serverOf(registry, key), own: true };
  const { credsStore } = file;
  return credsStore ? { name: credsStore, server: serverOf(registry, registry), own: false } : undefined;
}

/** What a helper is asked for: Docker stores the Hub's login under a URL, all others under the key. */
export function serverOf(registry: string, key: string): string {
  return registry === 'docker.io' && key === registry ? DOCKER_HUB_KEY : key;
}

/**
 * Asks for a login. @param path the file that names the helper
 * @returns undefined when it has none @throws ProaError CREDENTIAL_HELPER_FAILED
 */
export async function helperGet(
  name: string,
  server: string,
  path: string,
): Promise<HelperLogin | undefined> {
  const fail = failing(name);
  const out = await call(name, 'get', server, path);
  if (out === undefined) return undefined;
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
  return username === '' && secret === '' ? undefined : { username, secret };
}

/** Gives it a login to keep. @throws ProaError CREDENTIAL_HELPER_FAILED */
export async function helperStore(
  name: string,
  server: string,
  login: HelperLogin,
  path: string,
): Promise<void> {
  const input = JSON.stringify({ ServerURL: server, Username: login.username, Secret: login.secret });
  await call(name, 'store', input, path);
}

/** Lets it forget a login; none is fine. @throws ProaError CREDENTIAL_HELPER_FAILED */
export async function helperErase(name: string, server: string, path: string): Promise<void> {
  await call(name, 'erase', server, path);
}

/** Its standard output, or undefined when it has no such login. */
async function call(
  name: string,
  verb: 'get' | 'store' | 'erase',
  input: string,
  path: string,
): Promise<string | undefined> {
  const fail = failing(name);
  // A name with a slash would run any program, from a file that merely holds logins.
  if (!/^[\w.-]+$/.test(name)) throw fail(`${path} names it, and it is not a helper's name`);
  const { execa } = await import('execa');
  const result = await execa(programOf(name), [verb], { input, reject: false, timeout: HELPER_TIMEOUT });
  const out = result.stdout;
  if (result.exitCode === 0) return out;
  if (/credentials not found/i.test(out)) return undefined;
  if ((result as { code?: string }).code === 'ENOENT') {
    throw fail(`it is not installed, but ${path} asks for it`, `install it, or take it out of ${path}`);
  }
  throw fail(result.timedOut ? 'no answer within a minute' : harmless(out || result.stderr || 'it failed'));
}

function programOf(name: string): string {
  return `docker-credential-${name}`;
}

function failing(name: string) {
  return (why: string, hint?: string) =>
    new ProaError('CREDENTIAL_HELPER_FAILED', `get login: ${programOf(name)}: ${why}`, { hint });
}
