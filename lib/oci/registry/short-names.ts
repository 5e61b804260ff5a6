/** What a name without a registry stands for (containers-registries.conf(5), "Short-Name Aliasing"). */
import { ProaError } from '../../core/error.ts';
import { parseReference, type Reference } from '../model/reference.ts';
import type { RegistriesConf } from './registries-conf.ts';
import { isShortName } from './short-name-aliases.ts';

export interface Candidates {
  /** In the order of asking, each with the tag or digest that was said, or `latest`. */
  references: readonly Reference[];
  /** The short name without tag and digest, where registries.conf says what it means. */
  shortName?: string;
  /** The file that says so, and by what. */
  by?: { file: string; kind: 'alias' | 'search' };
  /** A person should choose, if there is one. */
  ambiguous: boolean;
  /** Without a person it is an error. */
  enforced: boolean;
}

/**
 * The places that an image name may mean. A full name means one; a short one what its alias says, else each registry of
 * the search list; without such a list Docker's rules hold, and it is the Hub's.
 * @throws ProaError INVALID_REFERENCE, SHORT_NAME when the search list is empty
 */
export function candidatesOf(conf: RegistriesConf, text: string): Candidates {
  const reference = parseReference(text);
  const plain = { ambiguous: false, enforced: false };
  if (!isShortName(bareName(text))) return { ...plain, references: [reference] };
  const shortName = bareName(text);
  const suffix = { tag: reference.tag, digest: reference.digest };
  const alias = conf.aliases.get(shortName);
  if (alias !== undefined) {
    const references = [{ ...alias.target, ...suffix }];
    return { ...plain, references, shortName, by: { file: alias.file, kind: 'alias' } };
  }
  const { search } = conf;
  if (search === undefined) return { ...plain, references: [reference] };
  if (search.registries.length === 0) {
    throw new ProaError(
      'SHORT_NAME',
      `resolve ${text}: ${search.file} allows no short names: unqualified-search-registries is empty`,
      { hint: `Say it in full: docker.io/${reference.repository}` },
    );
  }
  const references = search.registries.map((registry) => {
    const { registry: host, repository } = parseReference(`${registry}/${shortName}`, { defaultTag: false });
    return { registry: host, repository, ...suffix };
  });
  const ambiguous = references.length > 1 && conf.shortNameMode !== 'disabled';
  return {
    references,
    shortName,
    by: { file: search.file, kind: 'search' },
    ambiguous,
    enforced: ambiguous && conf.shortNameMode === 'enforcing',
  };
}

/** A name without its tag and digest. */
function bareName(text: string): string {
  const named = text.split('@')[0]!;
  const slash = named.lastIndexOf('/');
  const colon = named.indexOf(':', slash + 1);
  return colon < 0 ? named : named.slice(0, colon);
}
