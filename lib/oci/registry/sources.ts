/** Where an image is asked for: its registry, or what registries.conf puts in place of it or in front of it. */
import { ProaError } from '../../core/error.ts';
import { formatReference, type Reference } from '../model/reference.ts';
import { openRegistry, type RegistryClient, type RegistryOptions } from './client.ts';
import { loadRegistriesConf, type RegistriesConf } from './registries-conf.ts';
import type { RegistryRule } from './registry-rule.ts';

export interface Source {
  readonly registry: string;
  readonly repository: string;
  /** Plain HTTP and unknown certificates are fine. */
  readonly insecure: boolean;
  readonly isMirror: boolean;
}

export interface OpenSource {
  readonly client: RegistryClient;
  readonly repository: string;
  readonly isMirror: boolean;
}

/**
 * The registries to pull from, in the order of asking: mirrors first, at last the image's own place.
 * @throws ProaError REGISTRY_BLOCKED, CONFIG_INVALID
 */
export async function openSources(reference: Reference, options: RegistryOptions): Promise<OpenSource[]> {
  const conf = await loadRegistriesConf();
  return sourcesOf(conf, reference).map(({ registry, repository, insecure, isMirror }) => {
    // A password on the command line is for the registry that stands there.
    const own = isMirror ? { ...options, credentials: undefined } : options;
    return { client: openRegistry(registry, withTrust(own, insecure)), repository, isMirror };
  });
}

/** The one registry to push to or to log in at: mirrors are for pulling. @throws as {@link openSources} */
export async function openTarget(reference: Reference, options: RegistryOptions): Promise<OpenSource> {
  return (await openSources(reference, options)).at(-1)!;
}

/** The options of a request to a registry as such. */
export async function trusting(registry: string, options: RegistryOptions): Promise<RegistryOptions> {
  const source = sourcesOf(await loadRegistriesConf(), { registry, repository: '' }).at(-1)!;
  return withTrust(options, source.insecure);
}

/** The options with what registries.conf says of certificates, unless the caller said something. */
function withTrust(options: RegistryOptions, insecure: boolean): RegistryOptions {
  return insecure && options.tlsVerify === undefined ? { ...options, tlsVerify: false } : options;
}

/** @throws ProaError REGISTRY_BLOCKED */
export function sourcesOf(conf: Pick<RegistriesConf, 'rules' | 'insecure'>, reference: Reference): Source[] {
  const name = formatReference(reference);
  const rule = ruleFor(conf.rules, name);
  const own = (insecure: boolean): Source => ({
    registry: reference.registry,
    repository: reference.repository,
    insecure: insecure || isListed(conf.insecure, reference.registry),
    isMirror: false,
  });
  if (rule === undefined) return [own(false)];
  if (rule.blocked) {
    throw new ProaError('REGISTRY_BLOCKED', `pull ${name}: registries.conf blocks ${rule.prefix}`);
  }
  const byDigest = reference.digest !== undefined;
  const mirrors = rule.mirrors
    .filter(({ pullFromMirror }) => {
      if (rule.mirrorByDigestOnly && !byDigest) return false;
      return pullFromMirror === 'all' || (pullFromMirror === 'digest-only') === byDigest;
    })
    .map(({ location, insecure }) => ({
      ...rewritten(rule, reference, location),
      insecure: insecure || isListed(conf.insecure, location.split('/')[0]!),
      isMirror: true,
    }));
  const { location } = rule;
  if (location === undefined || location === rule.prefix) return [...mirrors, own(rule.insecure)];
  const moved = rewritten(rule, reference, location);
  const insecure = rule.insecure || isListed(conf.insecure, moved.registry);
  return [...mirrors, { ...moved, insecure, isMirror: false }];
}

/** The rule with the longest prefix that fits. */
export function ruleFor(rules: readonly RegistryRule[], name: string): RegistryRule | undefined {
  return rules
    .filter(({ prefix }) => fits(prefix, name))
    .sort((a, b) => b.prefix.length - a.prefix.length)
    .at(0);
}

function fits(prefix: string, name: string): boolean {
  if (prefix.startsWith('*.')) {
    const host = name.split('/')[0]!.replace(/:\d+$/, '');
    return host.endsWith(prefix.slice(1));
  }
  return name === prefix || (name.startsWith(prefix) && '/:@'.includes(name[prefix.length]!));
}

/** The image with `location` in place of the rule's prefix (for a wildcard: of its host). */
function rewritten(rule: RegistryRule, reference: Reference, location: string) {
  const bare = `${reference.registry}/${reference.repository}`;
  const prefix = rule.prefix.startsWith('*.') ? reference.registry : rule.prefix;
  const path = `${location}${bare.slice(Math.min(prefix.length, bare.length))}`;
  const slash = path.indexOf('/');
  return { registry: slash < 0 ? path : path.slice(0, slash), repository: path.slice(slash + 1) };
}

/** Docker's list: hosts with or without a port, and networks for hosts that are addresses. */
function isListed(list: readonly string[], registry: string): boolean {
  const host = registry.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  if (list.some((entry) => entry === registry || entry === host)) return true;
  const subnets = list.flatMap((entry) => {
    const [, address, bits] = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(entry) ?? [];
    return address === undefined ? [] : [{ address, bits: Number(bits) }];
  });
  if (subnets.length === 0) return false;
  // Loaded for those who need it: node:net takes 6 ms.
  const networks = new (process.getBuiltinModule('node:net').BlockList)();
  const kind = (address: string): 'ipv4' | 'ipv6' => (address.includes(':') ? 'ipv6' : 'ipv4');
  for (const { address, bits } of subnets) networks.addSubnet(address, bits, kind(address));
  return networks.check(host, kind(host));
}
