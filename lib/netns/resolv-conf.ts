/** The container's /etc/resolv.conf (resolv.conf(5)), made from the host's. */
import { readFileSync } from 'node:fs';
import { isLoopback, parseIp } from './ip.ts';

export interface ResolvConf {
  nameservers: string[];
  search: string[];
  options: string[];
}

export interface ResolvConfRequest {
  /** The container shares the host's network, so all that works on the host works in it. */
  shared: boolean;
  /** Whether the container can reach IPv6 name servers. */
  ipv6: boolean;
  /** Name servers that the network itself offers; asked first. */
  offered?: readonly string[] | undefined;
  /** Those answer for all names, and ask the servers that were given: nobody else is to be asked. */
  only?: boolean | undefined;
  /** `--dns`, `--dns-search` (`.` alone: none) and `--dns-option`: each, when given, replaces the host's. */
  nameservers?: readonly string[] | undefined;
  search?: readonly string[] | undefined;
  options?: readonly string[] | undefined;
}

const HOST_FILE = '/etc/resolv.conf';
/** Where systemd-resolved keeps the servers that its stub on 127.0.0.53 asks (systemd-resolved.service(8)). */
const RESOLVED_FILE = '/run/systemd/resolve/resolv.conf';
/** What Docker and Podman fall back to when the host names no server that a container could reach. */
const PUBLIC_NAMESERVERS: readonly string[] = ['8.8.8.8', '8.8.4.4'];

/** The text for a container, from this host's files. */
export function containerResolvConf(request: ResolvConfRequest): string {
  return formatResolvConf(resolvConfFor(request, read(HOST_FILE), () => read(RESOLVED_FILE)));
}

/**
 * What a container is to use.
 * @param host text of the host's resolv.conf
 * @param behindStub text of systemd-resolved's own file, read only when the host's names nothing but loopback
 */
export function resolvConfFor(
  request: ResolvConfRequest,
  host: string,
  behindStub: () => string,
): ResolvConf {
  let conf = parseResolvConf(host);
  const reachable = (server: string): boolean => {
    const ip = parseIp(server); // undefined for a link-local one with its zone, which means nothing elsewhere
    return ip !== undefined && !isLoopback(ip) && (request.ipv6 || ip.bytes.length === 4);
  };
  if (!request.shared && conf.nameservers.length > 0 && conf.nameservers.every(isLoopbackText)) {
    const behind = parseResolvConf(behindStub());
    if (behind.nameservers.length > 0) conf = behind;
  }
  const inherited = request.shared ? conf.nameservers : conf.nameservers.filter(reachable);
  const offered = request.offered ?? [];
  const own = request.only ? offered : (given(request.nameservers) ?? [...offered, ...inherited]);
  const search = given(request.search) ?? conf.search;
  return {
    nameservers: own.length > 0 || request.shared ? [...new Set(own)] : [...PUBLIC_NAMESERVERS],
    search: search.length === 1 && search[0] === '.' ? [] : [...search],
    options: [...(given(request.options) ?? conf.options)],
  };
}

export function parseResolvConf(text: string): ResolvConf {
  const conf: ResolvConf = { nameservers: [], search: [], options: [] };
  for (const line of text.split('\n')) {
    const [key, ...values] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    if (key === 'nameserver' && values[0] !== undefined) conf.nameservers.push(values[0]);
    // The last of several search lines counts; "domain" is its older form.
    else if (key === 'search' || key === 'domain') conf.search = values;
    else if (key === 'options') conf.options.push(...values);
  }
  return conf;
}

export function formatResolvConf({ nameservers, search, options }: ResolvConf): string {
  const lines = nameservers.map((server) => `nameserver ${server}`);
  if (search.length > 0) lines.unshift(`search ${search.join(' ')}`);
  if (options.length > 0) lines.push(`options ${options.join(' ')}`);
  return lines.map((line) => `${line}\n`).join('');
}

/** The name servers of this host, those behind systemd-resolved's stub too. */
export function hostNameservers(): string[] {
  return [
    ...parseResolvConf(read(HOST_FILE)).nameservers,
    ...parseResolvConf(read(RESOLVED_FILE)).nameservers,
  ];
}

function given(values: readonly string[] | undefined): readonly string[] | undefined {
  return values === undefined || values.length === 0 ? undefined : values;
}

function isLoopbackText(server: string): boolean {
  const ip = parseIp(server);
  return ip !== undefined && isLoopback(ip);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // a host without the file names no servers, which is what the caller then sees
  }
}
