/** The container's /etc/hosts (hosts(5)), laid out as Docker does. */

/** Names under which a container finds its host: Docker's and Podman's. */
export const HOST_NAMES: readonly string[] = ['host.docker.internal', 'host.containers.internal'];

export interface HostsRequest {
  /** The container's own addresses; none without a network. */
  ips?: readonly string[] | undefined;
  /** The container's hostname, then its other names. */
  names: readonly string[];
  /** The address by which the container reaches its host; undefined when it cannot. */
  hostAddress?: string | undefined;
  /** `--add-host NAME:ADDRESS`, resolved; before everything that is added here, so that they win. */
  extra?: readonly { name: string; ip: string }[] | undefined;
  /** What the file begins with; left out: localhost and what belongs to it. */
  base?: string | undefined;
  /** The container shares the host's network, and with it the host's names. */
  shared?: boolean | undefined;
}

const LOCALHOST = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;

export function containerHosts({
  ips = [],
  names,
  hostAddress,
  extra = [],
  base,
  shared = false,
}: HostsRequest): string {
  let text = base ?? LOCALHOST;
  if (text !== '' && !text.endsWith('\n')) text += '\n';
  const add = (address: string, ...hosts: string[]): void => {
    if (hosts.length > 0) text += `${address}\t${hosts.join(' ')}\n`;
  };
  for (const entry of extra) add(entry.ip, entry.name);
  const taken = new Set(extra.map((entry) => entry.name));
  const free = (hosts: readonly string[]): string[] => [...new Set(hosts)].filter((name) => !taken.has(name));
  if (hostAddress !== undefined) add(hostAddress, ...free(HOST_NAMES));
  for (const ip of ips) add(ip, ...free(names));
  // Without an address of its own the container still resolves its own name, as many programs expect.
  if (ips.length === 0 && !shared) add('127.0.0.1', ...free(names));
  return text;
}

/** A file with lines for further addresses, at its end. */
export function withHostLines(text: string, ips: readonly string[], names: readonly string[]): string {
  const start = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return start + ips.map((ip) => `${ip}\t${names.join(' ')}\n`).join('');
}

/** A file without the lines for these addresses; what else is in it stays as it is. */
export function withoutHostLines(text: string, ips: readonly string[]): string {
  return text
    .split('\n')
    .filter((line) => !ips.includes(line.split(/\s/)[0]!))
    .join('\n');
}
