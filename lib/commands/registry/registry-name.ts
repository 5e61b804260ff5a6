import { ProaError } from '../../core/error.ts';

/** What Docker's clients call the Hub. */
const HUB = /^(?:index\.docker\.io|registry-1\.docker\.io)(?:\/v1\/?)?$/;

/**
 * The registry that a person named: without scheme, and Docker's old names for the Hub as `docker.io`. With a path it is
 * the start of its repositories. Throws ProaError INVALID_REGISTRY.
 */
export function readRegistryName(text: string | undefined): string {
  const name = (text ?? 'docker.io').replace(/^https?:\/\//, '').replace(/\/+$/, '');
  if (HUB.test(name)) return 'docker.io';
  if (/^[A-Za-z0-9.[\]:-]+(?:\/[a-z0-9._/-]+)?$/.test(name)) return name;
  throw new ProaError('INVALID_REGISTRY', `invalid registry ${JSON.stringify(text)}: not HOST[:PORT][/PATH]`);
}

/** `quay.io` of `quay.io/team`. */
export function hostOf(key: string): string {
  const slash = key.indexOf('/');
  return slash < 0 ? key : key.slice(0, slash);
}
