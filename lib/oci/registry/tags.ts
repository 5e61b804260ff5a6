/** What a registry has: the tags of a repository, its repositories, and what it finds for a word. */
import { ProaError } from '../../core/error.ts';
import { readBody } from './body.ts';
import type { Purpose } from './errors.ts';
import { withRetries } from './retry.ts';
import type { RegistrySession } from './session.ts';

/** Bytes of one page; a registry that sends more is not asked for the rest. */
const PAGE_MAX_BYTES = 16 << 20;
/** A registry that names itself as its next page would keep us for ever. */
const PAGES_MAX = 1000;

/** All tags of a repository, in the registry's order (distribution-spec, "Listing Tags"). */
export function listTags(
  session: RegistrySession,
  repository: string,
  signal?: AbortSignal,
): Promise<string[]> {
  const purpose = session.purpose('list tags', 'manifest', `${session.registry}/${repository}`);
  return pages(session, repository, `/v2/${repository}/tags/list`, 'tags', purpose, signal);
}

/** The repositories of a registry, where it tells them (`GET /v2/_catalog`). */
export function listRepositories(session: RegistrySession, signal?: AbortSignal): Promise<string[]> {
  const purpose = session.purpose('list repositories', 'token', session.registry);
  return pages(session, '', '/v2/_catalog', 'repositories', purpose, signal);
}

/** Follows `Link: <URL>; rel="next"` (RFC 8288) to the last page. */
async function pages(
  session: RegistrySession,
  repository: string,
  start: string,
  member: string,
  purpose: Purpose,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const found: string[] = [];
  let target: string | URL = start;
  for (let page = 0; page < PAGES_MAX; page++) {
    const { document, next } = await getJson(session, repository, target, purpose, signal);
    const list = (document as Record<string, unknown> | null)?.[member] ?? [];
    if (!Array.isArray(list)) throw unreadable(purpose);
    for (const name of list) if (typeof name === 'string') found.push(name);
    if (next === undefined) return found;
    target = next;
  }
  return found;
}

/** A JSON document of the registry's, and the next one's address. @throws ProaError REGISTRY_ERROR, UNAUTHORIZED, … */
export function getJson(
  session: RegistrySession,
  repository: string,
  target: string | URL,
  purpose: Purpose,
  signal?: AbortSignal,
): Promise<{ document: unknown; next: URL | undefined }> {
  return withRetries(
    session.retry,
    async () => {
      const request = { headers: { accept: 'application/json' }, signal };
      const answer = await session.request(repository, target, request, purpose);
      if (answer.response.status !== 200) throw await session.refusal(answer, repository, purpose);
      const next = nextPage(answer.response.headers.get('link'), answer.url);
      const limits = { limit: PAGE_MAX_BYTES, stallTimeout: session.stallTimeout, signal };
      const { bytes, whole } = await readBody(answer, purpose, limits);
      if (!whole) throw unreadable(purpose);
      try {
        return { document: JSON.parse(new TextDecoder().decode(bytes)) as unknown, next };
      } catch {
        // What came may be a page of a portal's; its words would not help.
        throw unreadable(purpose);
      }
    },
    { signal },
  );
}

function nextPage(link: string | null, from: URL): URL | undefined {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(link ?? '')?.[1];
  return target === undefined ? undefined : (URL.parse(target, from.href) ?? undefined);
}

function unreadable(purpose: Purpose): ProaError {
  return new ProaError(
    'REGISTRY_ERROR',
    `${purpose.what}: ${purpose.which}: the registry's answer is not what the specification says`,
  );
}
