/** The options of `run` and `create` for the network, and for the files in /etc that tell of it. */
import type { Options, OptionTable } from '../../../cli/command.ts';
import { ProaError } from '../../../core/error.ts';
import type { CreateRequest } from '../../../engine/container/create.ts';
import type { NetworkOptions } from '../../../engine/container/joined-network.ts';
import { parseIp } from '../../../netns/ip.ts';
import { parseMacAddress } from '../../../netns/links.ts';
import { parsePublish } from '../../../netns/ports.ts';
import type { ContainerLink, NetworkAttachment } from '../../../storage/containers.ts';
import { type NetworkChoice, parseNetworks } from './network-mode.ts';

export const networkOptions = {
  'add-host': {
    type: 'list',
    metavar: 'NAME:IP',
    summary: 'Add a line to /etc/hosts (IP may be host-gateway)',
  },
  dns: { type: 'list', metavar: 'IP', summary: 'Name servers instead of the host’s' },
  'dns-option': {
    type: 'list',
    aliases: ['dns-opt'],
    metavar: 'OPTION',
    summary: 'Options for /etc/resolv.conf',
  },
  'dns-search': { type: 'list', metavar: 'DOMAIN', summary: 'Search domains (. for none)' },
  expose: { type: 'list', metavar: 'PORT[-PORT][/PROTOCOL]', summary: 'Expose ports' },
  'hosts-file': {
    type: 'string',
    metavar: 'FILE',
    summary: 'What /etc/hosts begins with: a file of the host, image, or none',
    complete: 'file',
  },
  ip: { type: 'string', metavar: 'IP', summary: 'IPv4 address' },
  ip6: { type: 'string', metavar: 'IP', summary: 'IPv6 address' },
  link: {
    type: 'list',
    metavar: 'CONTAINER[:ALIAS]',
    summary: 'Know another container by a name, and its ports by variables',
    complete: 'container',
  },
  'mac-address': { type: 'string', metavar: 'MAC', summary: 'MAC address' },
  network: {
    type: 'list',
    metavar: 'MODE',
    aliases: ['net'],
    summary:
      'Connect to networks: NAME[:ip=…,mac=…,alias=…], or host, none, container:NAME, ns:PATH, slirp4netns, pasta',
    complete: 'network',
  },
  'network-alias': {
    type: 'list',
    aliases: ['net-alias'],
    metavar: 'NAME',
    summary: 'Further names in the network',
  },
  'no-hostname': { type: 'bool', summary: 'Leave /etc/hostname as it is in the image' },
  'no-hosts': { type: 'bool', summary: 'Leave /etc/hosts as it is in the image' },
  publish: {
    short: 'p',
    type: 'list',
    metavar: '[[IP:]HOST:]CONTAINER',
    summary: "Publish container's ports on the host",
  },
  'publish-all': { short: 'P', type: 'bool', summary: 'Publish all exposed ports on free ports of the host' },
} as const satisfies OptionTable;

type NetworkValues = Options<typeof networkOptions>;

/**
 * @param given options of other tables that the network has a say in
 * @throws ProaError INVALID_OPTION, CONFLICTING_OPTIONS, NETWORK_NOT_FOUND, INVALID_PORT, INVALID_MAC
 */
export function readNetworkOptions(
  options: NetworkValues,
  given: ReadonlySet<string>,
  rootless: boolean,
): Pick<CreateRequest, 'networkMode' | 'ports' | 'network' | 'expose'> {
  const choice = parseNetworks(options.network, rootless);
  if (choice.mode.startsWith('container:')) refuseInJoined(given);
  const address = readAddress(options, choice);
  if (options['no-hosts'] && options['hosts-file'] !== undefined)
    throw new ProaError('CONFLICTING_OPTIONS', 'conflicting options: --no-hosts and --hosts-file');
  if (options['no-hosts'] && options['add-host'].length > 0)
    throw new ProaError('CONFLICTING_OPTIONS', 'conflicting options: --no-hosts and --add-host');
  const hosts = options['hosts-file'];
  const network: NetworkOptions = {
    ...address,
    ...(choice.helperOptions.length > 0 && { helperOptions: choice.helperOptions }),
    ...(options.link.length > 0 && { links: options.link.map(parseLink) }),
    ...(options['publish-all'] && { publishAll: true }),
    ...(options['no-hosts'] && { noHosts: true }),
    ...(options['no-hostname'] && { noHostname: true }),
    ...(hosts !== undefined && hosts !== '' && { hostsFile: hostsFile(hosts) }),
    ...(options['add-host'].length > 0 && { extraHosts: options['add-host'].flatMap(parseAddHost) }),
    ...readDns(options),
  };
  for (const text of options.expose) checkExposed(text);
  return {
    networkMode: choice.mode,
    ports: options.publish.flatMap(parsePublish),
    network,
    expose: options.expose,
  };
}

/** What belongs to the other container's network, in Docker's words where it has some. */
const NOT_IN_JOINED: readonly [option: string, words: string][] = [
  ['hostname', 'hostname and the network mode'],
  ['dns', 'dns and the network mode'],
  ['dns-search', 'dns-search and the network mode'],
  ['dns-option', 'dns-option and the network mode'],
  ['add-host', 'custom host-to-IP mapping and the network mode'],
  ['no-hosts', 'no-hosts and the network mode'],
  ['hosts-file', 'hosts-file and the network mode'],
  ['mac-address', 'mac-address and the network mode'],
  ['ip', 'ip and the network mode'],
  ['ip6', 'ip6 and the network mode'],
  ['link', 'links and the network mode'],
  ['publish', 'port publishing and the container type network mode'],
  ['publish-all', 'port publishing and the container type network mode'],
  ['expose', 'port exposing and the container type network mode'],
];

function refuseInJoined(given: ReadonlySet<string>): void {
  for (const [option, words] of NOT_IN_JOINED) {
    if (given.has(option)) throw new ProaError('CONFLICTING_OPTIONS', `conflicting options: ${words}`);
  }
}

/**
 * What `--ip`, `--mac-address` and `--network-alias` say, together with the networks' own words. With several networks an
 * alias is for all of them, as with Podman, and an address for the first one, as with Docker.
 */
function readAddress(
  options: NetworkValues,
  { mode, mac, networks }: NetworkChoice,
): Pick<NetworkOptions, 'networks' | 'mac'> {
  const { aliases: common = [], ...said } = readOptions(options);
  if (networks.length > 0) {
    const attachments = networks.map((network, index) => {
      const aliases = [...(network.aliases ?? []), ...common];
      return withinBridge({ ...network, ...(index === 0 && said), ...(aliases.length > 0 && { aliases }) });
    });
    const [only, ...more] = attachments;
    const usual = more.length === 0 && only!.name === 'bridge' && Object.keys(only!).length === 1;
    return usual ? {} : { networks: attachments };
  }
  if (common.length > 0) throw noAliases();
  const address = said.ip ?? said.ip6;
  if (said.ip6 !== undefined)
    throw new ProaError('NO_IPV6', `use address ${said.ip6}: network ${mode} has no IPv6 subnet`);
  if (address !== undefined)
    throw new ProaError('CONFLICTING_OPTIONS', `conflicting options: --ip and --network ${mode}`, {
      hint: 'Only a network of one’s own or the bridge gives addresses: proa network create',
    });
  const own = said.mac ?? mac;
  if (own !== undefined && mode !== 'pasta')
    throw new ProaError('CONFLICTING_OPTIONS', `conflicting options: --mac-address and --network ${mode}`);
  return own === undefined ? {} : { mac: own };
}

/** @throws ProaError ALIAS_UNSUPPORTED, NO_IPV6 for what the default bridge does not have */
function withinBridge(network: NetworkAttachment): NetworkAttachment {
  if (network.name !== 'bridge') return network;
  if (network.aliases !== undefined) throw noAliases();
  if (network.ip6 !== undefined)
    throw new ProaError('NO_IPV6', `use address ${network.ip6}: network bridge has no IPv6 subnet`);
  return network;
}

function readOptions(options: NetworkValues): Pick<NetworkAttachment, 'ip' | 'ip6' | 'mac' | 'aliases'> {
  const { ip, ip6 } = options;
  const mac = options['mac-address'];
  const aliases = options['network-alias'];
  if (ip6 !== undefined && parseIp(ip6)?.bytes.length !== 16)
    throw invalid('ip6', ip6, `invalid IPv6 address: ${ip6}`);
  if (ip !== undefined && parseIp(ip)?.bytes.length !== 4)
    throw invalid('ip', ip, `invalid IPv4 address: ${ip}`);
  return {
    ...(ip !== undefined && { ip: parseIp(ip)!.text }),
    ...(ip6 !== undefined && { ip6: parseIp(ip6)!.text }),
    ...(mac !== undefined && { mac: parseMacAddress(mac) }),
    ...(aliases.length > 0 && { aliases }),
  };
}

function noAliases(): ProaError {
  return new ProaError(
    'ALIAS_UNSUPPORTED',
    'network-scoped aliases are only supported for user-defined networks',
    { hint: 'Its --name and --hostname are in its own /etc/hosts; proa network create makes a network' },
  );
}

export function readDns(
  options: Pick<NetworkValues, 'dns' | 'dns-search' | 'dns-option'>,
): Pick<NetworkOptions, 'dns'> {
  const servers = options.dns.map((text) => {
    if (text === 'none') return text;
    const ip = parseIp(text);
    if (ip === undefined) throw invalid('dns', text, `IP address is not correctly formatted: ${text}`);
    return ip.text;
  });
  if (servers.includes('none') && servers.length > 1)
    throw new ProaError('CONFLICTING_OPTIONS', 'conflicting options: --dns none and other --dns');
  const search = options['dns-search'];
  for (const domain of search) {
    // Docker's rule.
    if (
      domain !== '.' &&
      !/^(?=.*[a-zA-Z])([a-zA-Z0-9_]([\w-]*[a-zA-Z0-9_])?)(\.[a-zA-Z0-9_]([\w-]*[a-zA-Z0-9_])?)*\.?$/.test(
        domain,
      )
    )
      throw invalid('dns-search', domain, `${domain} is not a valid domain`);
  }
  if (search.includes('.') && search.length > 1)
    throw new ProaError('CONFLICTING_OPTIONS', 'conflicting options: --dns-search . and other --dns-search');
  const dns = {
    ...(servers.length > 0 && { servers }),
    ...(search.length > 0 && { search }),
    ...(options['dns-option'].length > 0 && { options: options['dns-option'] }),
  };
  return Object.keys(dns).length > 0 ? { dns } : {};
}

/** `NAME:IP`, `NAME=IP`, Podman's `NAME;NAME:IP`; IPv6 also in brackets. */
export function parseAddHost(text: string): { name: string; ip: string }[] {
  const at = text.includes('=') ? text.indexOf('=') : text.indexOf(':');
  const names = text.slice(0, Math.max(at, 0)).split(';');
  if (at < 1 || names.some((name) => name === '' || /\s/.test(name)))
    throw invalid('add-host', text, `bad format for add-host: "${text}"`);
  const address = text.slice(at + 1);
  const ip = address === 'host-gateway' ? address : parseIp(address.replace(/^\[(.*)\]$/, '$1'))?.text;
  if (ip === undefined) throw invalid('add-host', text, `invalid IP address in add-host: "${address}"`);
  return names.map((name) => ({ name, ip }));
}

/** The other's name, which becomes its id at creation. */
function parseLink(text: string): ContainerLink {
  const [name = '', alias = name, ...more] = text.split(':');
  if (name === '' || alias === '' || more.length > 0)
    throw invalid('link', text, `bad format for links: ${text}`);
  return { id: name.replace(/^\//, ''), alias: alias.replace(/^.*\//, '') };
}

function hostsFile(text: string): string {
  if (text === 'none' || text === 'image' || text.startsWith('/')) return text;
  throw invalid('hosts-file', text, 'an absolute path, image or none is wanted');
}

function checkExposed(text: string): void {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(?:tcp|udp|sctp))?$/.exec(text) ?? [];
  const valid =
    first !== undefined && Number(first) >= 1 && Number(last) <= 65_535 && Number(first) <= Number(last);
  if (!valid) throw new ProaError('INVALID_PORT', `invalid range format for --expose: ${text}`);
}

function invalid(option: string, value: string, why: string): ProaError {
  return new ProaError(
    'INVALID_OPTION',
    `invalid argument ${JSON.stringify(value)} for "--${option}" flag: ${why}`,
  );
}
