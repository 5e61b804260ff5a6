import { messageOf, ProaError } from '../../core/error.ts';
import { type Failure, harmless, RETRY_AFTER_MAX, redactUrl } from './failure.ts';
import type { Answer } from './http.ts';

/** What was being done, for "what: which: why". */
export interface Purpose {
  /** `get manifest`. */
  readonly what: string;
  /** `quay.io/team/app:1.0`. */
  readonly which: string;
  /** The registry's name as the user knows it, for hints: `docker.io`, `localhost:5000`. */
  readonly registry: string;
  readonly kind: 'manifest' | 'blob' | 'token';
  /** True when a user name and password went with the request. */
  readonly loggedIn?: boolean;
  /** What the request needs the right to; default: pull. */
  readonly right?: 'pull' | 'push';
}

const MISSING = {
  manifest: { code: 'MANIFEST_UNKNOWN', thing: 'tag or digest' },
  blob: { code: 'BLOB_UNKNOWN', thing: 'blob' },
  token: { code: 'REGISTRY_ERROR', thing: 'page' },
} as const;

/** The error for an answer other than 2xx. `body` is the start of the answer's body. */
export function statusError(answer: Answer, body: string, purpose: Purpose): ProaError {
  const { status } = answer.response;
  const said = registryMessage(body);
  const { code, why, hint } = explainStatus(status, answer, said, purpose);
  const retryAfter = parseRetryAfter(answer.response.headers.get('retry-after'));
  const tooLong = retryAfter !== undefined && retryAfter > RETRY_AFTER_MAX;
  const wait = tooLong ? `; it asks to wait ${Math.ceil(retryAfter / 60_000)} minutes` : '';
  const retryable = (status === 408 || status === 429 || status >= 500) && status !== 501 && !tooLong;
  return new ProaError(code, `${purpose.what}: ${purpose.which}: ${why}${wait}`, {
    hint,
    cause: failure({ detail: `${redactUrl(answer.url)} answered ${status}`, status, retryable, retryAfter }),
  });
}

function explainStatus(status: number, answer: Answer, said: RegistryMessage | undefined, purpose: Purpose) {
  const { registry, kind } = purpose;
  const words = said?.text ? ` (${said.text})` : '';
  if (answer.foreign) {
    const code =
      status === 401 || status === 403 ? 'DENIED' : status === 429 ? 'TOO_MANY_REQUESTS' : 'REGISTRY_ERROR';
    return { code, why: `${answer.url.host}, where the registry redirects to, answered ${status}${words}` };
  }
  switch (status) {
    case 401:
      return {
        code: 'UNAUTHORIZED',
        why: purpose.loggedIn
          ? `the registry does not accept the stored user name and password for it${words}`
          : `the repository does not exist, or it needs a login${words}`,
        hint: `check the name, or log in: proa login ${registry}`,
      };
    case 403:
      return {
        code: 'DENIED',
        why: `the registry denies access${words}`,
        hint: purpose.loggedIn
          ? `does this account have the right to ${purpose.right ?? 'pull'} it?`
          : `log in: proa login ${registry}`,
      };
    case 404: {
      const { code, thing } = MISSING[kind];
      return {
        code,
        why: `the registry has no such ${said?.code === 'NAME_UNKNOWN' ? 'repository' : thing}${words}`,
        hint:
          kind === 'manifest'
            ? `check name and tag; a private one may need: proa login ${registry}`
            : undefined,
      };
    }
    case 416:
      return {
        code: 'SIZE_MISMATCH',
        why: `the ${kind} in the registry ends before the byte that was asked for`,
      };
    case 429:
      return {
        code: 'TOO_MANY_REQUESTS',
        why: `the registry limits the rate of requests${words}`,
        hint: purpose.loggedIn
          ? 'wait, or use a mirror'
          : `accounts often have a higher limit: proa login ${registry}`,
      };
    default:
      return { code: 'REGISTRY_ERROR', why: `the registry answered ${status}${words}` };
  }
}

/** What the reference registry says with every such status: no more than the status itself. */
const CANNED = [
  'manifest unknown',
  'blob unknown to registry',
  'repository name not known to registry',
  'authentication required',
  'requested access to the resource is denied',
];

interface RegistryMessage {
  readonly code: string;
  readonly text: string;
}

/** The first entry of a registry's JSON error body (distribution-spec, "Error Codes"), or a token server's `details`. */
function registryMessage(body: string): RegistryMessage | undefined {
  let parsed: {
    errors?: { code?: unknown; message?: unknown }[];
    details?: unknown;
    error_description?: unknown;
  };
  try {
    parsed = JSON.parse(body);
  } catch {
    // Proxies and CDNs answer in HTML or XML: the status says enough.
    return undefined;
  }
  const first = Array.isArray(parsed?.errors) ? parsed.errors[0] : undefined;
  const text = first?.message ?? parsed?.details ?? parsed?.error_description;
  const code = typeof first?.code === 'string' ? first.code : '';
  const words = typeof text === 'string' ? harmless(text) : '';
  return { code, text: CANNED.includes(words.toLowerCase()) ? '' : words };
}

/** Retry-After in milliseconds: seconds or an HTTP date (RFC 9110, section 10.2.3). */
export function parseRetryAfter(header: string | null, now = Date.now()): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(date - now, 0);
}

const CERTIFICATE =
  /^(CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|INVALID_(CA|PURPOSE)|HOSTNAME_|PATH_LENGTH|CRL_)/;

/**
 * The error for a request that got no answer, or a body that broke off. `contacted` says that this server has answered
 * before: then a refused connection is a restart to be waited for, and not a wrong address.
 */
export function networkError(error: unknown, url: URL, purpose: Purpose, contacted: boolean): ProaError {
  const code = String((error as { code?: unknown } | null)?.code ?? '');
  const { code: ours, why, hint } = explainNetwork(code, error, url, purpose.registry);
  const retryable =
    ours === 'CONNECTION_LOST' || (ours === 'REGISTRY_UNREACHABLE' && (contacted || code === 'EAI_AGAIN'));
  // fetch's own error carries the whole URL, signature included, so only its words go along.
  const cause = failure({ detail: harmless(messageOf(error)), retryable, code });
  return new ProaError(ours, `${purpose.what}: ${purpose.which}: ${why}`, { hint, cause });
}

function explainNetwork(code: string, error: unknown, url: URL, registry: string) {
  const { host, hostname } = url;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  if (CERTIFICATE.test(code) || /^ERR_(TLS|SSL)_/.test(code)) {
    return {
      code: 'TLS_FAILED',
      why: `the certificate of ${host} is not trusted: ${harmless(messageOf(error))}`,
      hint: `put its CA certificate into /etc/containers/certs.d/${registry}/ca.crt, or skip the check: --tls-verify=false`,
    };
  }
  switch (code) {
    case 'EPROTO':
      return {
        code: 'TLS_FAILED',
        // Which of the two, the handshake does not say.
        why: `${hostname}:${port} does not speak TLS, or it wants a client certificate`,
        hint: `if plain HTTP is what you want there: --tls-verify=false; a certificate goes into /etc/containers/certs.d/${registry}/NAME.cert, its key into NAME.key`,
      };
    case 'ECONNREFUSED':
      return {
        code: 'REGISTRY_UNREACHABLE',
        why: `connection refused: nothing listens at ${hostname}:${port}`,
        hint: 'is the registry running, and are host and port right?',
      };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
      return {
        code: 'REGISTRY_UNREACHABLE',
        why: `the host name ${hostname} cannot be resolved`,
        hint: 'check the name, the network, and /etc/resolv.conf',
      };
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return {
        code: 'REGISTRY_UNREACHABLE',
        why: `there is no route to ${host}`,
        hint: 'is the network up? behind a proxy, set HTTPS_PROXY',
      };
    default:
      return {
        code: 'CONNECTION_LOST',
        why: `the connection to ${host} broke: ${harmless(messageOf(error))}`,
        hint: undefined,
      };
  }
}

/** A body that ended properly, but too soon: a proxy on the way gave up. */
export function endedEarly(step: string, received: number, expected: number): ProaError {
  const why = `the connection ended after ${received} of ${expected} bytes`;
  return new ProaError('CONNECTION_LOST', `${step}: ${why}`, {
    cause: failure({ detail: why, retryable: true }),
  });
}

function failure(details: Omit<Failure, 'kind'>): Failure {
  return { kind: 'registry-failure', ...details };
}
