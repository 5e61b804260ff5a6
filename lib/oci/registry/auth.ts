import { ProaError } from '../../core/error.ts';
import { readBody, readStart } from './body.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { Credentials } from './credentials.ts';
import { type Purpose, statusError } from './errors.ts';
import { redactUrl } from './failure.ts';
import type { Answer, HttpRequest } from './http.ts';
import type { Transport } from './transport.ts';

interface Authorization {
  readonly header: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
  readonly loggedIn: boolean;
}

const TOKEN_MAX_BYTES = 256 * 1024;
const TOKEN_STALL_TIMEOUT = 30_000;
/** A token that does not say lives this long (distribution's token specification). Seconds. */
const DEFAULT_LIFETIME = 60;
/** Not used in its last seconds: it must still be valid when it arrives. Milliseconds. */
const SAFETY = 5_000;

/**
 * Answers a registry's 401 challenges and remembers the outcome for each repository: a bearer token from the token
 * server that the challenge names (distribution's "Token Authentication Specification"), or Basic. Nothing is asked for
 * or sent before a challenge. Concurrent requests share one token.
 */
export class Authenticator {
  /** What a token server gave to come back with in place of the password. */
  identityToken: string | undefined;
  private readonly current = new Map<string, Authorization>();
  private readonly pending = new Map<string, Promise<Authorization>>();

  constructor(
    private readonly transport: Transport,
    private readonly credentialsFor: (repository: string) => Promise<Credentials | undefined>,
    /** Ask for an identity token too, as for a login that is to be kept. */
    private readonly offline = false,
  ) {}

  /** The Authorization header to send at once, if one is known and still good. */
  header(repository: string): string | undefined {
    const known = this.current.get(repository);
    return known && known.expires > Date.now() ? known.header : undefined;
  }

  /** True when a user's credentials, not an anonymous token, were used last. */
  isLoggedIn(repository: string): boolean {
    return this.current.get(repository)?.loggedIn === true;
  }

  /**
   * The header that answers a 401, or undefined when it holds no challenge. Throws UNAUTHORIZED without a login.
   * `rejected` is the header that was sent: when another request has replaced it already, that one's result is used.
   */
  async answer(answer: Answer, repository: string, rejected: string | undefined, purpose: Purpose) {
    const known = this.header(repository);
    if (known !== undefined && known !== rejected) return known;
    const challenge = chooseChallenge(answer, purpose);
    if (challenge === undefined) return undefined;
    const pending = this.pending.get(repository);
    if (pending) return (await pending).header;
    const work = this.authorize(challenge, repository, purpose);
    this.pending.set(repository, work);
    try {
      const authorization = await work;
      this.current.set(repository, authorization);
      return authorization.header;
    } finally {
      this.pending.delete(repository);
    }
  }

  private async authorize(
    challenge: Challenge,
    repository: string,
    purpose: Purpose,
  ): Promise<Authorization> {
    const credentials = await this.credentialsFor(repository);
    if (credentials?.registryToken) {
      return {
        header: `Bearer ${credentials.registryToken}`,
        expires: Number.POSITIVE_INFINITY,
        loggedIn: true,
      };
    }
    if (challenge.scheme === 'basic') {
      if (credentials?.password === undefined) throw loginNeeded(purpose);
      return { header: basic(credentials), expires: Number.POSITIVE_INFINITY, loggedIn: true };
    }
    return this.fetchToken(challenge, repository, credentials, purpose);
  }

  private async fetchToken(
    challenge: Challenge,
    repository: string,
    credentials: Credentials | undefined,
    purpose: Purpose,
  ): Promise<Authorization> {
    const url = URL.parse(challenge.parameters.realm ?? '');
    const loggedIn = credentials !== undefined;
    const step: Purpose = { ...purpose, what: 'get token', kind: 'token', loggedIn };
    const fail = (why: string) => new ProaError('REGISTRY_ERROR', `get token: ${purpose.which}: ${why}`);
    if (!url || !/^https?:$/.test(url.protocol)) throw fail('the registry names no valid token server');
    if (loggedIn && !this.transport.isConfidential(url)) {
      throw fail(`the token server ${url.host} would get the password in clear text`);
    }
    // A login asks for no repository: then the token opens nothing, and says only who one is.
    const scope = challenge.parameters.scope ?? (repository && `repository:${repository}:pull`);
    const [target, request] = tokenRequest(url, challenge, scope, credentials);
    if (this.offline) target.searchParams.set('offline_token', 'true');
    const answer = await this.transport.sendTo(target, request, step);
    if (answer.response.status !== 200) throw statusError(answer, await readStart(answer.response), step);
    const { bytes } = await readBody(answer, step, {
      limit: TOKEN_MAX_BYTES,
      stallTimeout: TOKEN_STALL_TIMEOUT,
    });
    const reply = parseReply(new TextDecoder().decode(bytes));
    if (!reply) throw fail(`${redactUrl(url)} did not answer with a token`);
    if (loggedIn) this.identityToken = reply.identityToken;
    return {
      header: `Bearer ${reply.token}`,
      expires: Date.now() + reply.lifetime * 1000 - SAFETY,
      loggedIn,
    };
  }
}

/** Bearer is preferred: a registry that offers both wants Basic for other clients. */
function chooseChallenge(answer: Answer, purpose: Purpose): Challenge | undefined {
  const challenges = parseChallenges(answer.response.headers.get('www-authenticate') ?? '');
  const chosen =
    challenges.find((c) => c.scheme === 'bearer' && c.parameters.realm !== undefined) ??
    challenges.find((c) => c.scheme === 'basic');
  if (chosen === undefined && challenges.length > 0) {
    const schemes = challenges.map((c) => c.scheme).join(', ');
    const message = `${purpose.what}: ${purpose.which}: the registry wants an unknown kind of login: ${schemes}`;
    throw new ProaError('UNAUTHORIZED', message);
  }
  return chosen;
}

function tokenRequest(
  url: URL,
  challenge: Challenge,
  scope: string,
  credentials: Credentials | undefined,
): [URL, HttpRequest] {
  const { service } = challenge.parameters;
  const parameters = new URLSearchParams(service === undefined ? {} : { service });
  if (credentials?.identityToken) {
    if (scope) parameters.set('scope', scope);
    parameters.set('grant_type', 'refresh_token');
    parameters.set('client_id', 'proa');
    parameters.set('refresh_token', credentials.identityToken);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return [new URL(url), { method: 'POST', headers, body: parameters.toString() }];
  }
  const target = new URL(url);
  // Several scopes (a mount needs two) are several parameters here, and one with spaces in OAuth 2.
  for (const each of scope.split(' ').filter(Boolean)) parameters.append('scope', each);
  for (const [name, value] of parameters) target.searchParams.append(name, value);
  if (credentials) target.searchParams.append('account', credentials.username);
  return [target, { headers: credentials ? { authorization: basic(credentials) } : {} }];
}

interface TokenReply {
  token: string;
  /** Seconds. */
  lifetime: number;
  identityToken: string | undefined;
}

function parseReply(body: string): TokenReply | undefined {
  let reply: { token?: unknown; access_token?: unknown; expires_in?: unknown; refresh_token?: unknown };
  try {
    reply = JSON.parse(body);
  } catch {
    // The caller says that no token came; what came instead may be a secret.
    return undefined;
  }
  const token = reply?.token ?? reply?.access_token;
  // A token goes into a header: no space, no line end.
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) return undefined;
  const lifetime = typeof reply.expires_in === 'number' ? reply.expires_in : DEFAULT_LIFETIME;
  const refresh = reply.refresh_token;
  const identityToken = typeof refresh === 'string' && refresh !== '' ? refresh : undefined;
  return { token, lifetime: Math.max(lifetime, DEFAULT_LIFETIME), identityToken };
}

function basic({ username, password = '' }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

function loginNeeded(purpose: Purpose): ProaError {
  const message = `${purpose.what}: ${purpose.which}: the registry needs a user name and a password`;
  return new ProaError('UNAUTHORIZED', message, { hint: `log in: proa login ${purpose.registry}` });
}
