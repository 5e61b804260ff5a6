import {
  type AuthEntry,
  type AuthFile,
  authFilePaths,
  findEntry,
  invalidFile,
  keysFor,
  readAuthFile,
} from './auth-file.ts';
import { type HelperLogin, helperFor, helperGet, serverOf, TOKEN_USER } from './credential-helper.ts';
import { AUTH_FILES, loadRegistriesConf } from './registries-conf.ts';

/** A login. Exactly one of password, identityToken and registryToken is of use. */
export interface Credentials {
  readonly username: string;
  readonly password?: string;
  /** An OAuth 2 refresh token. */
  readonly identityToken?: string;
  /** A bearer token for the registry itself. */
  readonly registryToken?: string;
}

/**
 * The login for a repository, or undefined. `authFile` (`--authfile`) or else REGISTRY_AUTH_FILE is the only file that
 * is read; otherwise Podman's files come before Docker's and the first that knows the registry wins. In a file the most
 * specific key wins: `host/team/app`, `host/team`, `host`. `credential-helpers` of registries.conf says what is asked
 * beside the files, and before or after them. Throws AUTH_FILE_INVALID, CREDENTIAL_HELPER_FAILED, or the errno of a file
 * that was named and cannot be read.
 */
export async function findCredentials(
  registry: string,
  repository: string,
  authFile?: string,
): Promise<Credentials | undefined> {
  const failures: unknown[] = [];
  for (const helper of (await loadRegistriesConf()).credentialHelpers) {
    try {
      const found =
        helper === AUTH_FILES
          ? await findInFiles(registry, repository, authFile)
          : ofHelper(await helperGet(helper, serverOf(registry, registry), 'registries.conf'));
      if (found) return found;
    } catch (error) {
      failures.push(error);
    }
  }
  // One that fails is no reason not to ask the next; but not to have asked it may be why there is no login.
  if (failures.length > 0) throw failures[0];
  return undefined;
}

async function findInFiles(registry: string, repository: string, authFile: string | undefined) {
  for (const path of authFilePaths(authFile)) {
    const file = await readAuthFile(path, path === authFile);
    const found = file && (await findInFile(file, path, registry, repository));
    if (found) return found;
  }
  return undefined;
}

async function findInFile(file: AuthFile, path: string, registry: string, repository: string) {
  const names = keysFor(registry, repository);
  const helper = helperFor(file, registry, names);
  if (helper?.own) return ofHelper(await helperGet(helper.name, helper.server, path));
  const entry = findEntry(file.auths ?? {}, registry, names);
  const stored = entry && decodeEntry(entry.value, entry.key, path);
  if (stored) return stored;
  return helper && ofHelper(await helperGet(helper.name, helper.server, path));
}

function ofHelper(login: HelperLogin | undefined): Credentials | undefined {
  if (login === undefined) return undefined;
  const { username, secret } = login;
  return username === TOKEN_USER ? { username, identityToken: secret } : { username, password: secret };
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
