/** `--network`: which networks, and what can be said about each in the same word. */
import { ProaError } from '../../../core/error.ts';
import { parseIp } from '../../../netns/ip.ts';
import { parseMacAddress } from '../../../netns/links.ts';
import { parseSlirpOptions } from '../../../netns/slirp.ts';
import type { NetworkAttachment } from '../../../storage/containers.ts';

export interface NetworkChoice {
  /** host, none, pasta, slirp4netns, `container:NAME`, `ns:PATH`, or the name of the first network */
  mode: string;
  /** What the modes that are no network take. */
  mac?: string;
  helperOptions: string[];
  /** With names as given; none of a mode that is no network. */
  networks: NetworkAttachment[];
}

/** Modes that are no network with a record. */
const PLAIN = ['host', 'none', 'pasta', 'slirp4netns'];

/**
 * Podman's `NAME[:OPTION,…]` and Docker's `name=NAME,KEY=VALUE,…`, several for several networks. `default` and `private`
 * leave the choice to us: a bridge for root, pasta for a user. Whether a network is there is seen at creation.
 * @throws ProaError INVALID_NETWORK, INVALID_MAC
 */
export function parseNetworks(given: readonly string[], rootless: boolean): NetworkChoice {
  const texts = given.flatMap(splitNames);
  const choices = (texts.length === 0 ? ['default'] : texts).map((text) => parseOne(text, rootless));
  const [first, ...more] = choices;
  if (more.length === 0) return first!;
  const alone = choices.find(({ networks }) => networks.length === 0);
  if (alone !== undefined) {
    if (choices.every(({ mode }) => mode === alone.mode) && alone.helperOptions.length === 0) return first!;
    throw new ProaError(
      'INVALID_NETWORK',
      `Container cannot be connected to network endpoints: ${texts.join(', ')}`,
    );
  }
  return {
    mode: first!.mode,
    helperOptions: [],
    networks: merge(choices.flatMap(({ networks }) => networks)),
  };
}

/** Podman's `--network one,two`. */
function splitNames(text: string): string[] {
  return /[:=]/.test(text) ? [text] : text.split(',');
}

/** One that is named twice is meant once. */
function merge(networks: readonly NetworkAttachment[]): NetworkAttachment[] {
  const byName = new Map<string, NetworkAttachment>();
  for (const network of networks) byName.set(network.name, { ...byName.get(network.name), ...network });
  return [...byName.values()];
}

function parseOne(text: string, rootless: boolean): NetworkChoice {
  if (text === 'container:')
    throw new ProaError(
      'INVALID_NETWORK',
      'Invalid network mode: invalid container format container:<name|id>',
    );
  if (/^container:./.test(text)) return plain(text);
  if (/^ns:/.test(text)) {
    if (text.startsWith('ns:/')) return plain(text);
    throw new ProaError('INVALID_NETWORK', `use network ${text}: the path must be absolute`);
  }
  if (/^[^:]+=/.test(text)) return longForm(text, rootless);
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const options =
    colon < 0
      ? []
      : text
          .slice(colon + 1)
          .split(',')
          .filter(Boolean);
  const mode = modeOf(name, rootless);
  if (name === 'pasta') return { ...plain(mode), helperOptions: options };
  if (name === 'slirp4netns') {
    parseSlirpOptions(options);
    return { ...plain(mode), helperOptions: options };
  }
  return withOptions(mode, text, options);
}

function plain(mode: string): NetworkChoice {
  return { mode, helperOptions: [], networks: [] };
}

function modeOf(name: string, rootless: boolean): string {
  // A user has no bridge on the host: pasta gives the same view from inside.
  if (['default', 'private', '', 'bridge', 'podman'].includes(name)) return rootless ? 'pasta' : 'bridge';
  // As Podman. It gives up root's rights before it opens the namespace.
  if (name === 'pasta' && !rootless) {
    throw new ProaError('NETWORK_UNSUPPORTED', 'use network pasta: it is for ordinary users', {
      hint: 'Root has bridge and slirp4netns',
    });
  }
  return name;
}

/** Docker's: `name=bridge,ip=10.0.0.2`. */
function longForm(text: string, rootless: boolean): NetworkChoice {
  const fields = text.split(',');
  const name = fields.find((field) => field.startsWith('name='))?.slice('name='.length);
  if (name === undefined || name === '')
    throw new ProaError('INVALID_NETWORK', `use network ${text}: network name must be specified`);
  return withOptions(
    modeOf(name, rootless),
    text,
    fields.filter((field) => !field.startsWith('name=')),
  );
}

function withOptions(mode: string, text: string, options: readonly string[]): NetworkChoice {
  const fail = (why: string): ProaError => new ProaError('INVALID_NETWORK', `use network ${text}: ${why}`);
  const network: NetworkAttachment = { name: mode };
  const isNetwork = !PLAIN.includes(mode);
  for (const option of options) {
    const [, key = '', value = ''] = /^([\w-]+)=(.+)$/.exec(option) ?? [];
    const known = isNetwork || (mode === 'pasta' && /^(mac|mac-address)$/.test(key));
    switch (known ? key : '') {
      case 'ip':
        network.ip = address(value, 4, fail);
        break;
      case 'ip6':
        network.ip6 = address(value, 16, fail);
        break;
      case 'mac':
      case 'mac-address':
        network.mac = parseMacAddress(value);
        break;
      case 'interface_name':
        if (!/^[^\s/:]{1,15}$/.test(value) || value === 'lo')
          throw fail(`${value} is no name for an interface`);
        network.interfaceName = value;
        break;
      case 'alias':
        network.aliases = [...(network.aliases ?? []), value];
        break;
      default:
        throw fail(`this network has no option ${option}`);
    }
  }
  if (isNetwork) return { mode, helperOptions: [], networks: [network] };
  return { ...plain(mode), ...(network.mac !== undefined && { mac: network.mac }) };
}

function address(text: string, bytes: 4 | 16, fail: (why: string) => ProaError): string {
  const ip = parseIp(text);
  if (ip?.bytes.length === bytes) return ip.text;
  throw fail(`${text} is no IPv${bytes === 4 ? 4 : 6} address`);
}
