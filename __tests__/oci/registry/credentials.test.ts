import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { inspect } from 'node:util';
import { authFilePaths } from '../../../lib/oci/registry/auth-file.ts';
import { findCredentials } from '../../../lib/oci/registry/credentials.ts';
import { rejection, runBun, temporaryFolder } from './support/servers.ts';

const NAMES = ['REGISTRY_AUTH_FILE', 'XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME', 'DOCKER_CONFIG', 'PATH'];
const saved = NAMES.map((name) => [name, process.env[name]] as const);
let folder: ReturnType<typeof temporaryFolder>;

beforeEach(() => {
  folder = temporaryFolder();
  delete process.env.REGISTRY_AUTH_FILE;
  process.env.XDG_RUNTIME_DIR = `${folder.path}/run`;
  process.env.XDG_CONFIG_HOME = `${folder.path}/config`;
  process.env.DOCKER_CONFIG = `${folder.path}/docker`;
});
afterEach(() => {
  for (const [name, value] of saved) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  folder[Symbol.dispose]();
});

const encoded = (username: string, password: string) => ({
  auth: Buffer.from(`${username}:${password}`).toString('base64'),
});

function put(path: string, content: unknown): string {
  const full = `${folder.path}/${path}`;
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, typeof content === 'string' ? content : JSON.stringify(content));
  return full;
}

/** A helper that answers for `server` and writes down what it was asked. */
function putHelper(name: string, server: string, reply: string): void {
  const path = put(
    `bin/docker-credential-${name}`,
    `#!/bin/sh\nread -r server\necho "$1 $server" >>${folder.path}/asked\n` +
      `[ "$server" = '${server}' ] || { echo 'credentials not found in native keychain'; exit 1; }\necho '${reply}'\n`,
  );
  chmodSync(path, 0o755);
  process.env.PATH = `${folder.path}/bin:${saved.find(([n]) => n === 'PATH')?.[1]}`;
}

describe('where it looks', () => {
  test("Podman's files before Docker's", async () => {
    expect(authFilePaths()).toEqual(
      ['run/containers/auth.json', 'config/containers/auth.json', 'docker/config.json'].map(
        (p) => `${folder.path}/${p}`,
      ),
    );
    expect(await findCredentials('r.io', 'a/b')).toBeUndefined();
    put('docker/config.json', { auths: { 'r.io': encoded('docker', 'p'), 'd.io': encoded('d', 'p') } });
    expect(await findCredentials('r.io', 'a/b')).toEqual({ username: 'docker', password: 'p' });
    put('config/containers/auth.json', { auths: { 'r.io': encoded('config', 'p') } });
    expect(await findCredentials('r.io', 'a/b')).toMatchObject({ username: 'config' });
    put('run/containers/auth.json', { auths: { 'r.io': encoded('run', 'p') } });
    expect(await findCredentials('r.io', 'a/b')).toMatchObject({ username: 'run' });
    expect(await findCredentials('d.io', 'a/b')).toMatchObject({ username: 'd' });
  });

  test('a file that was named is the only one', async () => {
    put('docker/config.json', { auths: { 'r.io': encoded('docker', 'p') } });
    process.env.REGISTRY_AUTH_FILE = put('env.json', { auths: { 'e.io': encoded('env', 'p') } });
    expect(await findCredentials('r.io', 'a')).toBeUndefined();
    expect(await findCredentials('e.io', 'a')).toMatchObject({ username: 'env' });
    const named = put('named.json', { auths: { 'r.io': encoded('named', 'p') } });
    expect(await findCredentials('r.io', 'a', named)).toMatchObject({ username: 'named' });
  });

  test('--authfile must exist; REGISTRY_AUTH_FILE may be yet to come', async () => {
    expect(await rejection(findCredentials('r.io', 'a', '/nonexistent'))).toMatchObject({ code: 'ENOENT' });
    process.env.REGISTRY_AUTH_FILE = '/nonexistent';
    expect(await findCredentials('r.io', 'a')).toBeUndefined();
  });
});

describe('what it finds', () => {
  test('the most specific key', async () => {
    const file = put('a.json', {
      auths: {
        'r.io': encoded('host', 'p'),
        'r.io/team': encoded('team', 'p'),
        'r.io/team/app': encoded('app', 'p'),
      },
    });
    const name = async (repository: string) => (await findCredentials('r.io', repository, file))?.username;
    expect([
      await name('team/app'),
      await name('team/other'),
      await name('team'),
      await name('teams'),
    ]).toEqual(['app', 'team', 'team', 'host']);
  });

  test.each([
    ['docker.io', 'https://index.docker.io/v1/'],
    ['docker.io', 'index.docker.io'],
    ['docker.io', 'docker.io'],
    ['r.io', 'https://r.io'],
    ['r.io', 'http://r.io/v1/'],
    ['r.io:5000', 'https://r.io:5000/v2/'],
  ])('%s under the key %s', async (registry, key) => {
    const file = put('a.json', { auths: { 'other.io': encoded('other', 'p'), [key]: encoded('u', 'p') } });
    expect(await findCredentials(registry, 'a/b', file)).toEqual({ username: 'u', password: 'p' });
  });

  test.each([
    ['a password with colons', encoded('u', 'a:b:c'), { username: 'u', password: 'a:b:c' }],
    [
      'padding with NUL',
      { auth: Buffer.from('u:p\0\0').toString('base64') },
      { username: 'u', password: 'p' },
    ],
    ['plain members', { username: 'u', password: 'p' }, { username: 'u', password: 'p' }],
    ['an identity token', { ...encoded('u', ''), identitytoken: 't' }, { username: 'u', identityToken: 't' }],
    ['a registry token', { registrytoken: 't' }, { username: '', registryToken: 't' }],
    ['nothing', {}, undefined],
    ['null', null, undefined],
  ])('%s', async (_, entry, expected) => {
    expect(await findCredentials('r.io', 'a', put('a.json', { auths: { 'r.io': entry } }))).toEqual(expected);
  });

  test.each([
    ['{"auths": {"r.io": {"auth": "secret', 'it is not JSON'],
    ['[]', 'no object'],
    ['{"auths": {"r.io": {"auth": "c2VjcmV0"}}}', 'is not base64 of user:password'],
  ])('a broken file is named, its content not shown: %s', async (text, why) => {
    const path = put('broken.json', text);
    const error = await rejection(findCredentials('r.io', 'a', path));
    expect(error).toMatchObject({ code: 'AUTH_FILE_INVALID', message: expect.stringContaining(path) });
    expect(error.message).toContain(why);
    expect(inspect(error, { depth: 10 }).replace(path, '')).not.toMatch(/secret|c2VjcmV0/);
  });
});

describe('helpers', () => {
  /** In a process of its own: a helper is looked up in the real PATH. */
  async function find(registry: string, repository: string, file: string) {
    const module = require.resolve('../../../lib/oci/registry/credentials.ts');
    const script = `import { findCredentials } from ${JSON.stringify(module)};
      const work = findCredentials(${JSON.stringify(registry)}, ${JSON.stringify(repository)}, ${JSON.stringify(file)});
      console.log(JSON.stringify(await work.catch(({ code, message, hint }) => ({ code, message, hint })) ?? null));`;
    return JSON.parse(await runBun(script, process.env));
  }

  test('credHelpers by registry, and credsStore for the rest', async () => {
    putHelper('mine', 'r.io', '{"ServerURL":"r.io","Username":"u","Secret":"s"}');
    const auths = { 'r.io': {}, 'x.io': {} };
    const file = put('a.json', { credHelpers: { 'r.io': 'mine' }, credsStore: 'mine', auths });
    expect(await find('r.io', 'a/b', file)).toEqual({ username: 'u', password: 's' });
    expect(await find('x.io', 'a/b', file)).toBeNull();
    expect(readFileSync(`${folder.path}/asked`, 'utf8')).toBe('get r.io\nget x.io\n');
  });

  test("Docker Hub's login is under its URL; <token> is an identity token", async () => {
    putHelper('hub', 'https://index.docker.io/v1/', '{"Username":"<token>","Secret":"t"}');
    const file = put('a.json', { credsStore: 'hub' });
    expect(await find('docker.io', 'library/busybox', file)).toEqual({
      username: '<token>',
      identityToken: 't',
    });
  });

  test.each([
    ['none', '', 'it is not installed, but'],
    ['../evil', '', "not a helper's name"],
    ['bad', 'secret', 'its answer is not JSON'],
    ['odd', '{"Username":"secret"}', 'has no Username and Secret'],
  ])('%s fails with its name', async (name, reply, why) => {
    if (reply) putHelper(name, 'r.io', reply);
    const error = await find('r.io', 'a', put('a.json', { credsStore: name }));
    expect(error).toMatchObject({ code: 'CREDENTIAL_HELPER_FAILED', message: expect.stringContaining(why) });
    expect(error.message).toContain(`docker-credential-${name}`);
    expect(JSON.stringify(error)).not.toContain('secret');
  });
});
