import { defineCommand } from '../../cli/command.ts';
import { ask, askSecret } from '../../cli/prompt.ts';
import { hasCode, ProaError } from '../../core/error.ts';
import { type Credentials, findCredentials } from '../../oci/registry/credentials.ts';
import { checkLogin, keepLogin, type Login } from '../../oci/registry/login.ts';
import type { RegistryOptions } from '../../oci/registry/session.ts';
import { trusting } from '../../oci/registry/sources.ts';
import { print, warn } from '../context.ts';
import { compatAuthFile, readLoginPlace } from './login-place.ts';
import { hostOf, readRegistryName } from './registry-name.ts';

export const command = defineCommand({
  names: ['login'],
  summary: 'Log in to a registry',
  usage: '[OPTIONS] [REGISTRY]',
  description:
    "Tries a user name and password and keeps them: in the file that has a login for the registry already (auth.json of containers-auth.json(5), or Docker's config.json), else in Docker's, or with the credential helper that it names.",
  examples: [
    'login',
    'login -u me quay.io',
    'pass show registry | proa login -u me --password-stdin 127.0.0.1:5000',
  ],
  options: {
    authfile: { type: 'string', metavar: 'FILE', summary: 'Keep the login in this file', complete: 'file' },
    'compat-auth-file': compatAuthFile,
    'cert-dir': { type: 'string', metavar: 'DIR', summary: "The registry's certificates", complete: 'dir' },
    'get-login': { type: 'bool', summary: 'Print the user name of the login that is kept' },
    password: {
      short: 'p',
      type: 'string',
      metavar: 'PASSWORD',
      summary: 'Password (others on this machine may see it)',
    },
    'password-stdin': { type: 'bool', summary: 'Read the password from stdin' },
    'tls-verify': { type: 'tristate', summary: 'Require HTTPS and check certificates' },
    username: { short: 'u', type: 'string', metavar: 'NAME', summary: 'User name' },
    verbose: { short: 'v', type: 'bool', summary: 'Say where the login is kept' },
  },
  args: { min: 0, max: 1 },
  async run({ options, args }) {
    const key = readRegistryName(args[0]);
    const registry = hostOf(key);
    const place = readLoginPlace(options, key);
    const authFile = place.dockerFile ?? place.authFile;
    if (options['get-login']) return await printLogin(key, authFile);
    const { 'cert-dir': certDir, 'tls-verify': tlsVerify } = options;
    const how = await trusting(registry, { authFile, certDir, tlsVerify });
    const isNew =
      options.username !== undefined || options.password !== undefined || options['password-stdin'];
    if (!isNew && (await tryKept(key, authFile, how))) return await print('Login Succeeded\n');
    const login = await checkLogin(registry, await readLogin(key, options, authFile), how);
    const { file, helper } = await keepLogin(key, login, place);
    if (helper === undefined && login.identityToken === undefined)
      warn(
        `WARNING! Your password is stored unencrypted in ${file}.\nA credential helper keeps it safer: "credsStore" in that file.`,
      );
    if (options.verbose)
      await print(`Used: ${helper === undefined ? file : `docker-credential-${helper}`}\n`);
    await print('Login Succeeded\n');
  },
});

/** As Docker and Podman: who is logged in already is not asked again, unless the registry refuses that login. */
async function tryKept(key: string, authFile: string | undefined, how: RegistryOptions): Promise<boolean> {
  const known = await findKept(key, authFile);
  if (known?.password === undefined && known?.identityToken === undefined) return false;
  await print('Authenticating with existing credentials...\n');
  try {
    await checkLogin(hostOf(key), known, how);
    return true;
  } catch (error) {
    if (!hasCode(error, 'UNAUTHORIZED', 'DENIED')) throw error;
    warn('Stored credentials invalid or expired');
    return false;
  }
}

interface LoginOptions {
  username?: string;
  password?: string;
  'password-stdin': boolean;
}

async function readLogin(key: string, options: LoginOptions, authFile: string | undefined): Promise<Login> {
  const { username, password } = options;
  if (options['password-stdin']) {
    if (password !== undefined)
      throw new ProaError('CONFLICTING_OPTIONS', '--password and --password-stdin are mutually exclusive');
    if (username === undefined)
      throw new ProaError('MISSING_OPTION', 'Must provide --username with --password-stdin');
    return { username, password: checked(await fromStdin(), 'password') };
  }
  if (password !== undefined)
    warn('WARNING! Using --password via the CLI is insecure. Use --password-stdin.');
  const known = username ?? (await findKept(key, authFile))?.username;
  const hint = 'Use --username NAME --password-stdin';
  const asked =
    username ??
    ((await ask(known === undefined ? 'Username: ' : `Username (${known}): `, hint)).trim() || known || '');
  return {
    username: checked(asked, 'user name'),
    password: checked(password ?? (await askSecret('Password: ', hint)), 'password'),
  };
}

function checked(word: string, what: string): string {
  if (word !== '') return word;
  throw new ProaError('MISSING_OPTION', `log in: the ${what} is empty`);
}

/** What a password manager printed: without the line's end. */
async function fromStdin(): Promise<string> {
  return (await Bun.stdin.text()).replace(/\r?\n$/, '');
}

function findKept(key: string, authFile: string | undefined): Promise<Credentials | undefined> {
  return findCredentials(hostOf(key), key.slice(hostOf(key).length + 1), authFile);
}

async function printLogin(key: string, authFile: string | undefined): Promise<void> {
  const username = (await findKept(key, authFile))?.username;
  if (!username)
    throw new ProaError('NOT_LOGGED_IN', `not logged into ${key}`, { hint: `proa login ${key}` });
  await print(`${username}\n`);
}
