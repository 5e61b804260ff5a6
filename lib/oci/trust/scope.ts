/** Which entries of policy.json and registries.d speak of an image: from the narrowest scope to the widest. */
import type { Reference } from '../model/reference.ts';
import type { Policy, Requirement } from './policy.ts';

/**
 * The scopes of an image in a registry: itself, its repository, each namespace above it, the host, and wildcards for
 * the domains that the host is in (`quay.example.com:5000/a/b:1` … `quay.example.com:5000`, `*.example.com`, `*.com`).
 */
export function referenceScopes({ registry, repository, tag, digest }: Reference): string[] {
  const name = `${registry}/${repository}`;
  const scopes = digest !== undefined ? [`${name}@${digest}`] : tag !== undefined ? [`${name}:${tag}`] : [];
  for (let end = name.length; end > 0; end = name.lastIndexOf('/', end - 1)) scopes.push(name.slice(0, end));
  const labels = registry.replace(/:\d+$/, '').split('.');
  for (let i = 1; i < labels.length; i++) scopes.push(`*.${labels.slice(i).join('.')}`);
  return scopes;
}

/**
 * The scopes of an image in a folder or file: with its tag there, the path, and each folder above it but `/`.
 * @param path absolute and without symbolic links
 */
export function pathScopes(path: string, member?: string): string[] {
  const scopes = member === undefined ? [] : [`${path}:${member}`];
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) scopes.push(path.slice(0, end));
  return scopes;
}

/** What the narrowest entry of a policy asks for; the wider ones do not count any more. */
export function requirementsFor(
  policy: Policy,
  transport: string,
  scopes: readonly string[],
): { scope: string; requirements: readonly Requirement[] } {
  const entries = Object.hasOwn(policy.transports, transport) ? policy.transports[transport]! : {};
  const scope = [...scopes, ''].find((one) => Object.hasOwn(entries, one));
  return scope === undefined
    ? { scope: 'default', requirements: policy.default }
    : { scope: scope === '' ? transport : `${transport}:${scope}`, requirements: entries[scope]! };
}
