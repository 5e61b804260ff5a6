// Who may talk to a registry, and whom Proa trusts: the real registry with TLS from a private authority, with certificates
// of clients, and behind a token server. (A password of the registry's own is in push.test.ts and pull.test.ts.)
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { makeAuthority, OPENSSL } from '../oci/registry/support/authority.ts';
import { ISSUER, SERVICE, startTokenServer, type TokenServer } from '../oci/registry/support/token-server.ts';
import { openConnectProxy } from './support/connect-proxy.ts';
import { describeAs, IMAGE } from './support/machine.ts';
import { json, LOGIN, openRegistry, REGISTRY_PROGRAM, type Registry, serve } from './support/registry.ts';

const canRun = REGISTRY_PROGRAM !== null && OPENSSL !== null;
const { username, password } = LOGIN;

describeAs(['root', 'user'], (machine) => {
  (canRun ? describe : describe.skip)('a registry with a certificate of a private authority', () => {
    let registry: Registry;
    let certDir: string;
    beforeAll(async () => {
      const authority = makeAuthority();
      const server = authority.issue('registry');
      const client = authority.issue('somebody');
      registry = await openRegistry(
        { tls: { ...server, clientCa: authority.cert } },
        { tls: { ca: authority.cert, ...client } },
      );
      // The person's own certs.d, with what it takes to be let in.
      certDir = `${machine.home}/.config/containers/certs.d/${registry.host}`;
      mkdirSync(certDir, { recursive: true });
      writeFileSync(`${certDir}/client.cert`, client.cert);
      writeFileSync(`${certDir}/client.key`, client.key);
      writeFileSync(`${certDir}/ca.crt`, authority.cert);
    });
    afterAll(() => registry[Symbol.asyncDispose]());

    test('certs.d opens it for push, pull and search; without it nothing is sent', async () => {
      const name = `${registry.host}/tls`;
      await machine.ok('push', '-q', IMAGE, name);
      expect(await machine.ok('pull', '-q', name)).toMatch(/^[0-9a-f]{64}$/);
      await machine.ok('rmi', name);
      expect(await machine.ok('search', '--list-tags', '--format={{.Tag}}', name)).toBe('latest');
      const stranger = { env: { XDG_CONFIG_HOME: `${machine.home}/empty` } };
      expect(await machine.proaWith(stranger, 'pull', '-q', name)).toMatchObject({
        code: 1,
        err: expect.stringMatching(/certificate of .* is not trusted.*\n.*certs\.d/),
      });
      const given = await machine.proaWith(stranger, 'pull', '-q', `--cert-dir=${certDir}`, name);
      expect(given.code).toBe(0);
      await machine.ok('rmi', name);
    });

    test('without a certificate of the client it refuses, and that is told', async () => {
      const dir = `${machine.home}/only-ca`;
      mkdirSync(dir, { recursive: true });
      writeFileSync(`${dir}/ca.crt`, readFileSync(`${certDir}/ca.crt`));
      const { code, err } = await machine.proa(
        'pull',
        '-q',
        '--retry=0',
        `--cert-dir=${dir}`,
        `${registry.host}/tls`,
      );
      expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/certificate/) });
    });
  });

  (OPENSSL === null ? test.skip : test)(
    'a registry that only a proxy reaches; NO_PROXY goes around it',
    async () => {
      const authority = makeAuthority();
      const tls = authority.issue('registry.test', 'DNS:registry.test');
      await using registry = await serve((_, response) => json(response, 404, { errors: [] }), tls);
      await using proxy = await openConnectProxy(registry.host);
      const certDir = `${machine.home}/proxied`;
      mkdirSync(certDir, { recursive: true });
      writeFileSync(`${certDir}/ca.crt`, authority.cert);
      const pull = (env: Record<string, string>) =>
        machine.proaWith({ env }, 'pull', '-q', '--retry=0', `--cert-dir=${certDir}`, 'registry.test/app:1');
      // The registry's own answer, through the tunnel.
      expect(await pull({ HTTPS_PROXY: `http://me:secret@${proxy.host}` })).toMatchObject({
        code: 1,
        err: expect.stringContaining('no such tag'),
      });
      expect(proxy.asked).toEqual([{ to: 'registry.test:443', authorization: `Basic ${btoa('me:secret')}` }]);
      const around = await pull({ HTTPS_PROXY: `http://${proxy.host}`, NO_PROXY: '.other,registry.test' });
      expect(around).toMatchObject({ code: 1, err: expect.stringContaining('cannot be resolved') });
      expect(proxy.asked).toHaveLength(1);
    },
  );

  (canRun ? describe : describe.skip)('a registry behind a token server', () => {
    const identityToken = 'an-identity-token';
    let tokens: TokenServer;
    let registry: Registry;
    beforeAll(async () => {
      const authority = makeAuthority();
      const certificate = authority.issue('tokens');
      tokens = await startTokenServer({ certificate, users: { [username]: password }, identityToken });
      const realm = `http://${tokens.host}/token`;
      registry = await openRegistry({
        token: { realm, service: SERVICE, issuer: ISSUER, certificate: authority.cert },
      });
    });
    afterAll(async () => {
      await registry[Symbol.asyncDispose]();
      await tokens[Symbol.asyncDispose]();
    });

    const file = () => `${machine.home}/tokens.json`;

    test('anybody may pull, only a login may push; a mount asks for the right to both repositories', async () => {
      const name = `${registry.host}/one/app`;
      const nobody = await machine.proa('push', IMAGE, name);
      expect(nobody).toMatchObject({ code: 1, err: expect.stringContaining(`proa login ${registry.host}`) });
      const creds = `--creds=${username}:${password}`;
      await machine.ok('push', '-q', creds, IMAGE, name);
      tokens.given.length = 0;
      const second = await machine.ok('push', creds, IMAGE, `${registry.host}/two/app`);
      expect(second).toContain(': Mounted from ');
      expect(tokens.given.map(({ access }) => access.map((each) => each.name).sort())).toContainEqual([
        'one/app',
        'two/app',
      ]);
      tokens.given.length = 0;
      await machine.ok('pull', '-q', `${registry.host}/two/app`);
      expect(tokens.given.map(({ how }) => how)).toEqual(['nobody']);
      await machine.ok('rmi', `${registry.host}/two/app`);
    });

    test('a login keeps the identity token that the server gives, not the password, and pushes with it', async () => {
      const said = await machine.proaWith(
        { stdin: password },
        ...['login', '-u', username, '--password-stdin', '--authfile', file(), registry.host],
      );
      expect(said).toEqual({ code: 0, out: 'Login Succeeded\n', err: '' });
      const { auths } = JSON.parse(readFileSync(file(), 'utf8'));
      expect(auths[registry.host]).toEqual({ auth: btoa(`${username}:`), identitytoken: identityToken });
      expect(await machine.ok('login', '--get-login', '--authfile', file(), registry.host)).toBe(username);
      tokens.given.length = 0;
      await machine.ok('push', '-q', '--authfile', file(), IMAGE, `${registry.host}/three/app`);
      expect(new Set(tokens.given.map(({ how }) => how))).toEqual(new Set(['refresh']));
      // Who is logged in is not asked again.
      const again = await machine.ok('login', '--authfile', file(), registry.host);
      expect(again).toBe('Authenticating with existing credentials...\nLogin Succeeded');
      await machine.ok('rmi', `${registry.host}/three/app`).catch(() => {});
    });

    test('a wrong password is an error that does not show it', async () => {
      const { code, err } = await machine.proa(
        'pull',
        '-q',
        '--creds=someone:secret',
        `${registry.host}/one/app`,
      );
      expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('does not accept') });
      expect(err).not.toContain('secret');
    });

    test('--compat-auth-file is what Docker reads; a helper of registries.conf is asked beside the files', async () => {
      const docker = `${machine.home}/compat.json`;
      await machine.ok('login', '-u', username, '-p', password, '--compat-auth-file', docker, registry.host);
      expect(Object.keys(JSON.parse(readFileSync(docker, 'utf8')).auths)).toEqual([registry.host]);
      const part = await machine.proa('login', '--compat-auth-file', docker, `${registry.host}/team`);
      expect(part).toMatchObject({ code: 125, err: expect.stringContaining('--authfile') });
      await machine.ok('logout', '--compat-auth-file', docker, registry.host);
      expect(JSON.parse(readFileSync(docker, 'utf8')).auths).toEqual({});

      const bin = `${machine.home}/bin`;
      mkdirSync(bin, { recursive: true });
      const reply = JSON.stringify({ ServerURL: registry.host, Username: username, Secret: password });
      writeFileSync(`${bin}/docker-credential-tests`, `#!/bin/sh\ncat >/dev/null\necho '${reply}'\n`, {
        mode: 0o755,
      });
      writeFileSync(`${machine.home}/helpers.conf`, 'credential-helpers = ["containers-auth.json", "tests"]');
      const env = {
        PATH: `${bin}:${machine.env.PATH}`,
        CONTAINERS_REGISTRIES_CONF: `${machine.home}/helpers.conf`,
      };
      tokens.given.length = 0;
      expect(await machine.proaWith({ env }, 'push', '-q', IMAGE, `${registry.host}/four`)).toMatchObject({
        code: 0,
      });
      expect(tokens.given[0]).toMatchObject({ user: username, how: 'basic' });
    });
  });
});
