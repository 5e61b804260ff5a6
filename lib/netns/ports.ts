/** Published ports: the forms of `--publish` (docker-run(1)), parsed into values that need no more checking. */
import { ProaError } from '../core/error.ts';
import type { InetProtocol } from '../core/sys/inet.ts';
import { parseIp } from './ip.ts';

/** 1…65535. */
export type Port = number & { readonly __brand: 'Port' };

export type Protocol = InetProtocol;

export interface PortRange {
  first: Port;
  last: Port;
}

/** What was asked for: one port of the container. */
export interface PortMapping {
  protocol: Protocol;
  /** The host's address in canonical form; '' for all. */
  hostIp: string;
  /** The first free port of the range is used; undefined: any free port. */
  hostPorts: PortRange | undefined;
  containerPort: Port;
}

/** What came of it. */
export interface PublishedPort {
  protocol: Protocol;
  hostIp: string;
  hostPort: Port;
  containerPort: Port;
}

/**
 * Parses `[IP:][HOST[-LAST]:]CONTAINER[-LAST][/tcp|udp|sctp]`, IPv6 in brackets. Ranges of one length are paired port
 * by port; a range of the host for a single port of the container means its first free one.
 * @throws ProaError INVALID_PORT
 */
export function parsePublish(spec: string): PortMapping[] {
  const slash = spec.lastIndexOf('/');
  const protocol = (slash < 0 ? 'tcp' : spec.slice(slash + 1)).toLowerCase();
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp') {
    throw invalid(spec, `unknown protocol ${JSON.stringify(protocol)}`);
  }
  const { hostIp, host, container } = splitSpec(spec, slash < 0 ? spec : spec.slice(0, slash));
  const target = parseRange(spec, container, "container's port");
  // Docker's 0 is any free port too.
  const source = host === '' || host === '0' ? undefined : parseRange(spec, host, "host's port");
  const count = target.last - target.first + 1;
  const single = count === 1;
  if (source !== undefined && !single && source.last - source.first + 1 !== count) {
    throw invalid(spec, `the ranges ${host} and ${container} differ in length`);
  }
  return Array.from({ length: count }, (_, i) => {
    const port = source === undefined ? undefined : ((source.first + i) as Port);
    const hostPorts = port === undefined || single ? source : { first: port, last: port };
    return { protocol, hostIp, hostPorts, containerPort: (target.first + i) as Port };
  });
}

/** `0.0.0.0:8080->80/tcp`, as `ps` shows it; `[::1]:8080->80/tcp` for IPv6. */
export function formatPublished(port: PublishedPort): string {
  return `${formatHostSide(port.hostIp, port.hostPort)}->${port.containerPort}/${port.protocol}`;
}

export function formatHostSide(hostIp: string, port: number): string {
  const ip = hostIp === '' ? '0.0.0.0' : hostIp;
  return `${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
}

function splitSpec(spec: string, text: string): { hostIp: string; host: string; container: string } {
  const bracket = /^\[([^\]]*)\]:(.*)$/.exec(text);
  const parts = (bracket === null ? text : bracket[2]!).split(':');
  const container = parts.pop()!;
  const host = parts.pop() ?? '';
  const address = bracket === null ? parts.join(':') : bracket[1]!;
  if (bracket !== null && parts.length > 0) throw invalid(spec, 'too many colons');
  if (address === '') return { hostIp: '', host, container };
  const ip = parseIp(address);
  if (ip === undefined) throw invalid(spec, `${JSON.stringify(address)} is not an IP address`);
  if (bracket === null && address.includes(':')) throw invalid(spec, 'an IPv6 address goes in brackets');
  return { hostIp: ip.text, host, container };
}

function parseRange(spec: string, text: string, what: string): PortRange {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) throw invalid(spec, `${JSON.stringify(text)} is not a ${what}`);
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (first < 1 || last > 65_535) throw invalid(spec, `a ${what} is from 1 to 65535`);
  if (last < first) throw invalid(spec, `the range ${text} ends before it starts`);
  return { first: first as Port, last: last as Port };
}

function invalid(spec: string, why: string): ProaError {
  return new ProaError('INVALID_PORT', `publish ${JSON.stringify(spec)}: ${why}`, {
    hint: 'write [IP:][HOST_PORT:]CONTAINER_PORT[/tcp|udp|sctp], for example 8080:80 or 127.0.0.1:8080:80',
  });
}
