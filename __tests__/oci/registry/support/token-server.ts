// A token server (distribution's "Token Authentication Specification") whose tokens the reference registry takes.
import { createHash, randomUUID, sign, X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Certificate } from './authority.ts';
import { json, serve, type TestServer } from './servers.ts';

export const SERVICE = 'registry.test';
export const ISSUER = 'tests';

export interface Access {
  type: string;
  name: string;
  actions: string[];
}

export interface TokenServer extends TestServer {
  /** What each token that was given opens, with the user that it was given to ('' for nobody). */
  readonly given: { user: string; access: Access[]; how: 'basic' | 'refresh' | 'nobody' }[];
}

export interface TokenServerOptions {
  certificate: Certificate;
  users: Readonly<Record<string, string>>;
  /** Everybody may pull; only users may push. */
  identityToken?: string;
  /** Seconds that a token lives. */
  lifetime?: number;
}

export function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const given: TokenServer['given'] = [];
  const { users, identityToken, lifetime = 300 } = options;
  return serve(async (request, response) => {
    const { parameters, scopes } = await parametersOf(request);
    const basic = basicOf(request);
    const isRefresh = parameters.get('grant_type') === 'refresh_token';
    const refused =
      (basic !== undefined && users[basic.user] !== basic.password) ||
      (isRefresh && parameters.get('refresh_token') !== identityToken) ||
      parameters.get('service') !== SERVICE;
    if (refused) return json(response, 401, { details: 'incorrect username or password' });
    const user = basic?.user ?? (isRefresh ? Object.keys(users)[0]! : '');
    const access = scopes.map((scope) => allowed(scope, user));
    given.push({ user, access, how: isRefresh ? 'refresh' : basic === undefined ? 'nobody' : 'basic' });
    const token = makeToken(options.certificate, user, access, lifetime);
    const wantsMore = parameters.get('offline_token') === 'true' && basic !== undefined;
    json(response, 200, {
      ...(isRefresh ? { access_token: token } : { token }),
      expires_in: lifetime,
      ...(wantsMore && identityToken !== undefined && { refresh_token: identityToken }),
    });
  }).then((server) => Object.assign(server, { given }));
}

async function parametersOf(request: IncomingMessage) {
  let body = '';
  for await (const chunk of request) body += chunk;
  const url = new URL(request.url ?? '/', 'http://tokens');
  const parameters = request.method === 'POST' ? new URLSearchParams(body) : url.searchParams;
  return { parameters, scopes: parameters.getAll('scope').flatMap((scope) => scope.split(' ')) };
}

function basicOf(request: IncomingMessage): { user: string; password: string } | undefined {
  const text = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (text === undefined) return undefined;
  const [user, ...password] = Buffer.from(text, 'base64').toString().split(':');
  return { user: user!, password: password.join(':') };
}

function allowed(scope: string, user: string): Access {
  const [type, name, actions] = scope.split(':') as [string, string, string];
  return { type, name, actions: actions.split(',').filter((action) => user !== '' || action === 'pull') };
}

/** A JSON Web Token (RFC 7519) signed with ES256, with the certificate in it (RFC 7515, x5c). */
export function makeToken(
  { cert, key }: Certificate,
  user: string,
  access: Access[],
  lifetime: number,
): string {
  const now = Math.floor(Date.now() / 1000);
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = encode({
    typ: 'JWT',
    alg: 'ES256',
    x5c: [new X509Certificate(cert).raw.toString('base64')],
  });
  const claims = encode({
    iss: ISSUER,
    sub: user,
    aud: SERVICE,
    iat: now,
    nbf: now - 5,
    exp: now + lifetime,
    jti: createHash('sha256').update(randomUUID()).digest('hex'),
    access,
  });
  const signature = sign('sha256', Buffer.from(`${header}.${claims}`), { key, dsaEncoding: 'ieee-p1363' });
  return `${header}.${claims}.${signature.toString('base64url')}`;
}
