/** `search`: Docker Hub's search, a registry's own (`/v1/search`), or its catalog, whichever it has. */
import { hasCode, ProaError } from '../../core/error.ts';
import {
  DEFAULT_REGISTRY,
  formatReference,
  parseReference,
  type Reference,
} from '../../oci/model/reference.ts';
import type { RegistryOptions } from '../../oci/registry/client.ts';
import { loadRegistriesConf } from '../../oci/registry/registries-conf.ts';
import { openTarget } from '../../oci/registry/sources.ts';
import { getJson, listRepositories, listTags } from '../../oci/registry/tags.ts';

export interface FoundImage {
  /** The registry that has it. */
  index: string;
  /** As it can be pulled, but for the Hub's without its registry. */
  name: string;
  description: string;
  stars: number;
  official: boolean;
  automated: boolean;
}

/** The tags that a registry has of a repository. @throws ProaError MANIFEST_UNKNOWN, UNAUTHORIZED, … */
export async function repositoryTags(
  { registry, repository }: Pick<Reference, 'registry' | 'repository'>,
  options: RegistryOptions,
): Promise<string[]> {
  const target = await openTarget({ registry, repository }, options);
  return listTags(target.client.session, target.repository);
}

/**
 * Images whose names (on the Hub also descriptions) have the word, up to `limit` of each registry.
 * @param word with a registry in front (`host:5000/app`), it is asked; else those of registries.conf's search list, or the Hub
 * @returns also why registries could not say, when another one could
 * @throws ProaError REGISTRY_UNREACHABLE, REGISTRY_ERROR, …: when none could
 */
export async function searchImages(
  word: string,
  limit: number,
  options: RegistryOptions,
): Promise<{ found: FoundImage[]; failures: unknown[] }> {
  const { registry, term } = splitTerm(word);
  const search = registry === undefined ? (await loadRegistriesConf()).search?.registries : [registry];
  // An entry of the list may go on with a path, which searching knows nothing of.
  const registries = [...new Set((search ?? [DEFAULT_REGISTRY]).map((entry) => entry.split('/')[0]!))];
  const answers = await Promise.allSettled(registries.map((one) => searchOne(one, term, limit, options)));
  const failures = answers.flatMap((answer) =>
    answer.status === 'rejected' ? [answer.reason as unknown] : [],
  );
  if (failures.length === answers.length && failures.length > 0) throw failures[0];
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const several = registries.length > 1;
  // Among those of other registries the Hub's names must say whose they are.
  return { found: several ? found.map(withRegistry) : found, failures };
}

function withRegistry(image: FoundImage): FoundImage {
  if (image.index !== DEFAULT_REGISTRY) return image;
  return { ...image, name: formatReference(parseReference(image.name, { defaultTag: false })) };
}

async function searchOne(
  registry: string,
  term: string,
  limit: number,
  options: RegistryOptions,
): Promise<FoundImage[]> {
  const { client } = await openTarget({ registry, repository: term || 'library' }, options);
  try {
    return (await ask(client.session, registry, term, limit)).slice(0, limit);
  } catch (error) {
    // A plain registry knows no search, but most tell what they have.
    if (!hasCode(error, 'REGISTRY_ERROR')) throw error;
    const names = await listRepositories(client.session);
    return names
      .filter((name) => name.includes(term))
      .slice(0, limit)
      .map((name) => plain(registry, name));
  }
}

async function ask(
  session: Parameters<typeof getJson>[0],
  registry: string,
  term: string,
  limit: number,
): Promise<FoundImage[]> {
  const purpose = session.purpose('search', 'token', registry);
  const query = new URLSearchParams({ q: term, n: String(limit) });
  // The Hub answers at its old name, which is not the registry's.
  const target =
    registry === DEFAULT_REGISTRY
      ? new URL(`https://index.docker.io/v1/search?${query}`)
      : `/v1/search?${query}`;
  const { document } = await getJson(session, '', target, purpose);
  const results = (document as { results?: unknown } | null)?.results;
  if (!Array.isArray(results))
    throw new ProaError('REGISTRY_ERROR', `search: ${registry}: it answered with no results`);
  return results.map((result: Record<string, unknown>) => ({
    ...plain(registry, String(result.name ?? '')),
    description: String(result.description ?? ''),
    stars: Number(result.star_count ?? 0),
    official: result.is_official === true,
    automated: result.is_automated === true,
  }));
}

function plain(registry: string, name: string): FoundImage {
  const full = registry === DEFAULT_REGISTRY ? name : `${registry}/${name}`;
  return { index: registry, name: full, description: '', stars: 0, official: false, automated: false };
}

function splitTerm(word: string): { registry?: string; term: string } {
  const slash = word.indexOf('/');
  const host = slash < 0 ? '' : word.slice(0, slash);
  return /[.:]/.test(host) || host === 'localhost'
    ? { registry: host, term: word.slice(slash + 1) }
    : { term: word };
}
