import { hasCode, ProaError } from '../../core/error.ts';
import { discard, readStart } from './body.ts';
import { networkError, type Purpose } from './errors.ts';
import { redactUrl, timeoutError } from './failure.ts';
import { type Answer, type Fetch, type FetchInit, type HttpRequest, loadFetch } from './http.ts';
import { isLoopback, proxyFor } from './proxy.ts';
import { loadTls, type TlsOptions } from './tls.ts';

export interface TransportOptions {
  readonly tlsVerify?: boolean;
  readonly certDir?: string;
  /** Milliseconds without an answer that count as a lost connection. */
  readonly answerTimeout?: number;
}

/** Bytes a second that a connection must at least take, so that a large body gets the time it needs. */
const SLOWEST = 8 * 1024;
const MAX_REDIRECTS = 10;
const ANSWER_TIMEOUT = 60_000;
const REDIRECTS = [301, 302, 303, 307, 308];

/** Docker Hub's registry does not live at its own name. */
const HOSTS: Record<string, string> = { 'docker.io': 'registry-1.docker.io' };

/**
 * Requests to one registry and to where it redirects. What always holds:
 * - HTTPS first. Plain HTTP only after a server at a loopback address turned out not to speak TLS, or with
 *   `tlsVerify: false`; and with `tlsVerify: true` never.
 * - The Authorization header goes to the origin that was asked and to no other, whatever the redirects say.
 * - A redirect never leads from HTTPS to HTTP, unless `tlsVerify` is false.
 */
export class Transport {
  private readonly host: string;
  private readonly plainHttpAllowed: boolean;
  private readonly answerTimeout: number;
  private scheme: 'https:' | 'http:' | undefined;
  private tls: Promise<TlsOptions> | undefined;
  private fetch: Promise<Fetch> | undefined;

  constructor(
    private readonly registry: string,
    private readonly options: TransportOptions,
  ) {
    this.host = HOSTS[registry] ?? registry;
    const { tlsVerify } = options;
    this.plainHttpAllowed = tlsVerify === false || (tlsVerify !== true && isLoopback(this.hostname()));
    this.answerTimeout = options.answerTimeout ?? ANSWER_TIMEOUT;
  }

  /** Sends a request to `path` of the registry, following redirects. The answer's body must be read or destroyed. */
  async send(path: string, request: HttpRequest, purpose: Purpose): Promise<Answer> {
    if (this.scheme !== undefined) return this.follow(this.urlOf(this.scheme, path), request, purpose);
    const url = this.urlOf('https:', path);
    let answer: Answer;
    try {
      answer = await this.exchange(url, request);
      this.scheme = 'https:';
    } catch (error) {
      if (!this.plainHttpAllowed || !this.mayBePlainHttp(error))
        throw this.explain(error, url, request, purpose);
      const plain = this.urlOf('http:', path);
      try {
        answer = await this.exchange(plain, request);
        if (await isTlsServer(answer)) throw error;
      } catch (second) {
        // Nothing listens at either port: the first is the one that was meant.
        const told =
          second === error || hasCode(second, 'ECONNREFUSED')
            ? { error, url }
            : { error: second, url: plain };
        throw this.explain(told.error, told.url, request, purpose);
      }
      this.scheme = 'http:';
    }
    return this.follow(answer.url, request, purpose, answer);
  }

  /** Sends a request to a URL that the registry named (a token server), following redirects. */
  sendTo(url: URL, request: HttpRequest, purpose: Purpose): Promise<Answer> {
    return this.follow(url, request, purpose);
  }

  /** Whether a URL is of the registry itself, to which its logins may go. */
  isOrigin(url: URL): boolean {
    return this.scheme !== undefined && url.origin === this.urlOf(this.scheme, '/').origin;
  }

  /** May a password travel to this URL? Not in clear text to another machine, unless the user said so. */
  isConfidential(url: URL): boolean {
    return url.protocol === 'https:' || this.options.tlsVerify === false || isLoopback(url.hostname);
  }

  private async follow(start: URL, request: HttpRequest, purpose: Purpose, first?: Answer): Promise<Answer> {
    let answer = first ?? (await this.tryExchange(start, request, purpose));
    let current = request;
    for (let hops = 0; REDIRECTS.includes(answer.response.status); hops++) {
      const { response, url } = answer;
      await discard(response);
      const next = redirectTarget(response.headers.get('location'), url);
      const refusal =
        hops === MAX_REDIRECTS ? `more than ${MAX_REDIRECTS} redirects` : this.refuse(url, next, current);
      if (next === undefined || refusal !== undefined) {
        const why = refusal ?? 'a redirect to nowhere';
        throw new ProaError('REGISTRY_ERROR', `${purpose.what}: ${purpose.which}: ${redactUrl(url)}: ${why}`);
      }
      if (next.origin !== start.origin)
        current = { ...current, headers: withoutAuthorization(current.headers) };
      answer = await this.tryExchange(next, current, purpose);
    }
    return { ...answer, foreign: answer.url.origin !== start.origin };
  }

  private refuse(from: URL, to: URL | undefined, request: HttpRequest): string | undefined {
    if (to === undefined) return undefined;
    if (to.protocol === 'http:' && from.protocol === 'https:' && this.options.tlsVerify !== false) {
      return `it redirects from HTTPS to plain HTTP (${to.host})`;
    }
    // A body is a refresh token or an image of the user's: it is for the server that was asked.
    return request.body !== undefined && to.origin !== from.origin
      ? `it redirects what was sent to it to ${to.host}`
      : undefined;
  }

  private async tryExchange(url: URL, request: HttpRequest, purpose: Purpose): Promise<Answer> {
    try {
      return await this.exchange(url, request);
    } catch (error) {
      throw this.explain(error, url, request, purpose);
    }
  }

  /** One request and the head of its response. Throws what fetch throws. */
  private async exchange(url: URL, request: HttpRequest): Promise<Answer> {
    this.fetch ??= loadFetch();
    this.tls ??= loadTls(this.registry, this.options);
    const fetch = await this.fetch;
    const trust = url.protocol === 'https:' ? await this.tls : undefined;
    // Another host is checked against the same authorities, but the client certificate is not for it.
    const tls =
      trust && url.host !== this.urlOf('https:', '/').host
        ? { ...trust, cert: undefined, key: undefined }
        : trust;
    // Only until the head is there: the body may take hours. So not AbortSignal.timeout().
    const silence = new AbortController();
    const timeout = this.answerTimeout + ((request.body?.length ?? 0) / SLOWEST) * 1000;
    const why = `no answer within ${Math.round(timeout / 1000)} seconds`;
    const timer = setTimeout(() => silence.abort(timeoutError(why)), timeout);
    const signal = request.signal ? AbortSignal.any([request.signal, silence.signal]) : silence.signal;
    // Bun has rules of its own for the environment, which know no networks and ask a proxy for what is on this machine.
    const proxy = proxyFor(url);
    const headers = { 'user-agent': 'proa', 'accept-encoding': 'identity', ...request.headers };
    try {
      const init: FetchInit = {
        ...request,
        headers,
        signal,
        redirect: 'manual',
        decompress: false,
        tls,
        proxy,
      };
      return { response: await fetch(url.href, init), url, foreign: false };
    } finally {
      clearTimeout(timer);
    }
  }

  private explain(error: unknown, url: URL, request: HttpRequest, purpose: Purpose): unknown {
    if (request.signal?.aborted) return request.signal.reason;
    const contacted = this.scheme !== undefined && url.host === this.host;
    return error instanceof ProaError ? error : networkError(error, url, purpose, contacted);
  }

  private mayBePlainHttp(error: unknown): boolean {
    // With an explicit port the refusal holds for both schemes.
    return hasCode(error, 'EPROTO') || (hasCode(error, 'ECONNREFUSED') && !/:\d+$/.test(this.host));
  }

  private urlOf(scheme: 'https:' | 'http:', path: string): URL {
    return new URL(`${scheme}//${this.host}${path}`);
  }

  private hostname(): string {
    return this.urlOf('http:', '/').hostname;
  }
}

/**
 * What Go's servers and nginx answer to plain HTTP at a port for TLS: then the handshake failed for another reason. (It reads
 * the words of a 400, which a registry has no cause to answer to a first request.)
 */
async function isTlsServer(answer: Answer): Promise<boolean> {
  if (answer.response.status !== 400) return false;
  return /HTTP request (was )?sent to (an )?HTTPS (server|port)|HTTP request to an HTTPS server/i.test(
    await readStart(answer.response),
  );
}

function redirectTarget(location: string | null, from: URL): URL | undefined {
  const url = location === null ? null : URL.parse(location, from.href);
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url : undefined;
}

function withoutAuthorization(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { authorization: _, ...others } = headers;
  return others;
}
