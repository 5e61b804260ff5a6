import type { ProaError } from '../../core/error.ts';
import { Authenticator } from './auth.ts';
import { discard, readStart } from './body.ts';
import { type Credentials, findCredentials } from './credentials.ts';
import { type Purpose, statusError } from './errors.ts';
import type { Answer, HttpRequest } from './http.ts';
import { DEFAULT_RETRY, type RetryPolicy } from './retry.ts';
import { Transport, type TransportOptions } from './transport.ts';

export interface RegistryOptions extends TransportOptions {
  /** Instead of any stored login. */
  readonly credentials?: Credentials;
  /** `--authfile`. */
  readonly authFile?: string;
  readonly retry?: Partial<RetryPolicy>;
  /** Milliseconds of silence in the middle of a blob that count as a lost connection. */
  readonly stallTimeout?: number;
  /** Ask the token server for an identity token too. */
  readonly offline?: boolean;
}

const STALL_TIMEOUT = 60_000;

/**
 * Requests to one registry with what they have in common: the login after a 401, the words of an error. What is asked
 * for stands in client.ts (pulling), upload.ts (pushing) and tags.ts.
 */
export class RegistrySession {
  readonly retry: RetryPolicy;
  readonly stallTimeout: number;
  private readonly transport: Transport;
  private readonly auth: Authenticator;

  constructor(
    readonly registry: string,
    options: RegistryOptions,
  ) {
    this.retry = { ...DEFAULT_RETRY, ...options.retry };
    this.stallTimeout = options.stallTimeout ?? STALL_TIMEOUT;
    this.transport = new Transport(registry, options);
    const credentialsFor = async (repository: string): Promise<Credentials | undefined> =>
      options.credentials ?? findCredentials(registry, repository, options.authFile);
    this.auth = new Authenticator(this.transport, credentialsFor, options.offline);
  }

  /** What the token server gave to come back with, see {@link RegistryOptions.offline}. */
  get identityToken(): string | undefined {
    return this.auth.identityToken;
  }

  purpose(what: string, kind: Purpose['kind'], which: string): Purpose {
    return { what, which, kind, registry: this.registry };
  }

  /**
   * Sends a request to a path, or to a URL that the registry named before (Location of an upload); when the registry
   * itself answers 401, authorizes and sends it once more. Credentials go to the registry's own origin only.
   */
  async request(
    repository: string,
    target: string | URL,
    request: HttpRequest,
    purpose: Purpose,
  ): Promise<Answer> {
    const own = typeof target === 'string' || this.transport.isOrigin(target);
    const send = (authorization: string | undefined): Promise<Answer> => {
      const headers = { ...request.headers, ...(own && authorization !== undefined && { authorization }) };
      return typeof target === 'string'
        ? this.transport.send(target, { ...request, headers }, purpose)
        : this.transport.sendTo(target, { ...request, headers }, purpose);
    };
    const sent = this.auth.header(repository);
    const answer = await send(sent);
    if (answer.response.status !== 401 || answer.foreign || !own) return answer;
    const authorization = await this.auth.answer(answer, repository, sent, purpose);
    if (authorization === undefined) return answer;
    await discard(answer.response);
    return send(authorization);
  }

  /** The error for an answer that is none of those hoped for; reads its body. */
  async refusal(answer: Answer, repository: string, purpose: Purpose): Promise<ProaError> {
    const loggedIn = this.auth.isLoggedIn(repository);
    return statusError(answer, await readStart(answer.response), { ...purpose, loggedIn });
  }
}
