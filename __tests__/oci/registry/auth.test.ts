/** @jest-environment ./__tests__/oci/registry/support/environment.cjs */

import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { digestOf } from '../../../lib/oci/model/digest.ts';
import { openRegistry, type RegistryOptions } from '../../../lib/oci/registry/client.ts';
import { collect, impatient, json, rejection, serve, temporaryFolder } from './support/servers.ts';

const CONTENT = Buffer.from('{"schemaVersion":2}');
const DIGEST = digestOf(CONTENT, 'sha256');
const login = { username: 'anna', password: 'p:ä ss' };
const basic = `Basic ${Buffer.from('anna:p:ä ss').toString('base64')}`;

/** A token server that gives t1, t2, …, and a registry that takes the newest token only. */
async function startPair(
  options: { reply?: (n: number) => object; token?: (request: IncomingMessage) => number } = {},
) {
  let given = 0;
  const bodies: string[] = [];
  const tokens = await serve(async (request, response) => {
    const status = options.token?.(request) ?? 200;
    let body = '';
    for await (const chunk of request) body += chunk;
    bodies.push(body);
    given += status === 200 ? 1 : 0;
    json(
      response,
      status,
      status === 200
        ? options.reply
          ? options.reply(given)
          : { token: `t${given}` }
        : { details: 'no such user' },
    );
  });
  const challenge = `Bearer realm="http://${tokens.host}/token?x=1",service="the registry"`;
  const registry = await serve((request, response) => {
    if (given > 0 && request.headers.authorization === `Bearer t${given}`) return response.end(CONTENT);
    return refuse(response, `${challenge},scope="repository:${request.url?.split('/')[2]}:pull"`);
  });
  return {
    tokens,
    registry,
    bodies,
    open: (more: RegistryOptions = {}) =>
      openRegistry(registry.host, { retry: impatient().retry, authFile: NOWHERE.path, ...more }),
    forget: () => {
      given++;
    },
    async [Symbol.asyncDispose]() {
      await tokens[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
    },
  };
}

const refuse = (response: ServerResponse, challenge: string) =>
  json(
    response,
    401,
    { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] },
    { 'www-authenticate': challenge },
  );

// An auth file without logins, so that those of whoever runs the tests play no part.
const NOWHERE = (() => {
  const folder = temporaryFolder();
  const path = `${folder.path}/auth.json`;
  writeFileSync(path, '{}');
  return { path, [Symbol.dispose]: folder[Symbol.dispose] };
})();
afterAll(() => NOWHERE[Symbol.dispose]());

test('an anonymous token: asked for once a repository, with the scope of the challenge', async () => {
  await using pair = await startPair();
  const client = pair.open();
  expect(CONTENT.equals((await client.getManifest('app', 'latest')).bytes)).toBe(true);
  await client.getManifest('app', 'other');
  expect(pair.tokens.log).toEqual(['GET /token?x=1&service=the+registry&scope=repository%3Aapp%3Apull']);
  expect(pair.tokens.requests[0]?.headers.authorization).toBeUndefined();
  expect(pair.registry.requests.map((r) => r.headers.authorization)).toEqual([
    undefined,
    'Bearer t1',
    'Bearer t1',
  ]);
});

test('ten requests at once share one token', async () => {
  await using pair = await startPair();
  const client = pair.open();
  await Promise.all(Array.from({ length: 10 }, (_, i) => client.getManifest('app', `v${i}`)));
  expect(pair.tokens.log).toHaveLength(1);
});

test('with a login the token server, and only it, gets the password', async () => {
  await using pair = await startPair({ token: (r) => (r.headers.authorization === basic ? 200 : 401) });
  await pair.open({ credentials: login }).getManifest('app', 'latest');
  expect(pair.tokens.log[0]).toMatch(/&account=anna$/);
  expect(pair.registry.requests.map((r) => r.headers.authorization)).toEqual([undefined, 'Bearer t1']);
});

test('an identity token is exchanged, not sent around', async () => {
  await using pair = await startPair({ reply: (n) => ({ access_token: `t${n}` }) });
  using folder = temporaryFolder();
  const authFile = `${folder.path}/auth.json`;
  const auth = Buffer.from('<token>:').toString('base64');
  writeFileSync(
    authFile,
    JSON.stringify({ auths: { [pair.registry.host]: { auth, identitytoken: 'refresh' } } }),
  );
  await pair.open({ authFile }).getManifest('app', 'latest');
  expect(pair.tokens.log).toEqual(['POST /token?x=1']);
  expect(Object.fromEntries(new URLSearchParams(pair.bodies[0]))).toEqual({
    grant_type: 'refresh_token',
    client_id: 'proa',
    refresh_token: 'refresh',
    service: 'the registry',
    scope: 'repository:app:pull',
  });
});

test('a token that the registry no longer takes is replaced once', async () => {
  await using pair = await startPair();
  const client = pair.open();
  await client.getManifest('app', 'latest');
  pair.forget();
  await client.getManifest('app', 'latest');
  expect(pair.tokens.log).toHaveLength(2);
});

test('an expired token is not sent', async () => {
  await using pair = await startPair({ reply: (n) => ({ token: `t${n}`, expires_in: 300 }) });
  const client = pair.open();
  const now = jest.spyOn(Date, 'now');
  try {
    await client.getManifest('app', 'latest');
    now.mockReturnValue(Date.now() + 296_000);
    await client.getManifest('app', 'latest');
  } finally {
    now.mockRestore();
  }
  expect(pair.registry.requests.map((r) => r.headers.authorization)).toEqual([
    undefined,
    'Bearer t1',
    undefined,
    'Bearer t2',
  ]);
});

test('wrong password: one try, an error that says so, and no password in it', async () => {
  await using pair = await startPair({ token: () => 401 });
  const error = await rejection(pair.open({ credentials: login }).getManifest('app', 'latest'));
  expect(error).toMatchObject({
    code: 'UNAUTHORIZED',
    hint: expect.stringContaining(`proa login ${pair.registry.host}`),
  });
  expect(error.message).toMatch(/does not accept the stored user name and password.*\(no such user\)/);
  expect(inspect(error, { depth: 10 })).not.toContain('ä ss');
  expect(pair.tokens.log).toHaveLength(1);
});

test('a token server that stumbles is asked again', async () => {
  let asked = 0;
  await using pair = await startPair({ token: () => (asked++ === 0 ? 503 : 200) });
  await pair.open().getManifest('app', 'latest');
  expect(pair.tokens.log).toHaveLength(2);
});

test.each([
  ['no token', {}],
  ['a token with a line end', { token: 'a\r\nx: y' }],
  ['null', null],
])('a reply with %s is refused', async (_, reply) => {
  await using pair = await startPair({ reply: () => reply as object });
  const error = await rejection(pair.open().getManifest('app', 'latest'));
  expect(error).toMatchObject({
    code: 'REGISTRY_ERROR',
    message: expect.stringContaining('did not answer with a token'),
  });
});

test('Basic: the password goes to the registry when it asks, and is then sent at once', async () => {
  await using registry = await serve((request, response) => {
    if (request.headers.authorization === basic) response.end(CONTENT);
    else refuse(response, 'Basic realm="x"');
  });
  const client = openRegistry(registry.host, { credentials: login });
  await client.getManifest('app', 'latest');
  await client.getManifest('app', 'latest');
  expect(registry.requests.map((r) => r.headers.authorization)).toEqual([undefined, basic, basic]);

  const wrong = openRegistry(registry.host, { credentials: { username: 'anna', password: 'wrong' } });
  expect(await rejection(wrong.getManifest('app', 'latest'))).toMatchObject({ code: 'UNAUTHORIZED' });
  const nobody = openRegistry(registry.host, { authFile: NOWHERE.path });
  expect(await rejection(nobody.getManifest('app', 'latest'))).toMatchObject({
    code: 'UNAUTHORIZED',
    message: expect.stringContaining('needs a user name and a password'),
  });
});

test('a kind of login that is not known is named', async () => {
  await using registry = await serve((_, response) => refuse(response, 'Negotiate, NTLM'));
  const error = await rejection(openRegistry(registry.host).getManifest('app', 'latest'));
  expect(error).toMatchObject({ code: 'UNAUTHORIZED', message: expect.stringContaining('negotiate, ntlm') });
});

test('the Authorization header does not follow a redirect to another port', async () => {
  await using storage = await serve((_, response) => response.end(CONTENT));
  await using registry = await serve((request, response) => {
    if (request.headers.authorization !== basic) refuse(response, 'Basic realm="x"');
    else if (request.url?.startsWith('/moved'))
      response.writeHead(302, { location: `http://${storage.host}/blob?sig=1` }).end();
    else response.writeHead(307, { location: '/moved' }).end();
  });
  const client = openRegistry(registry.host, { credentials: login });
  const { body } = await client.getBlob('app', DIGEST);
  expect(CONTENT.equals(await collect(body))).toBe(true);
  // On the registry's own redirect it is still there; at the storage it is not.
  expect(registry.requests.map((r) => r.headers.authorization)).toEqual([undefined, basic, basic]);
  expect(storage.log).toEqual(['GET /blob?sig=1']);
  expect(storage.requests[0]?.headers.authorization).toBeUndefined();
});

test('a 401 from where a redirect leads is not answered with the password', async () => {
  await using thief = await serve((_, response) => refuse(response, 'Basic realm="x"'));
  await using registry = await serve((_, response) =>
    response.writeHead(307, { location: `http://${thief.host}/` }).end(),
  );
  const error = await rejection(openRegistry(registry.host, { credentials: login }).getBlob('app', DIGEST));
  expect(error).toMatchObject({ code: 'DENIED', message: expect.stringContaining(thief.host) });
  expect(thief.log).toHaveLength(1);
});

test('a password does not go to a token server in clear text over the network', async () => {
  await using registry = await serve((_, response) =>
    refuse(response, 'Bearer realm="http://tokens.example/t"'),
  );
  const error = await rejection(
    openRegistry(registry.host, { credentials: login }).getManifest('app', 'latest'),
  );
  expect(error.message).toContain('tokens.example would get the password in clear text');
});
