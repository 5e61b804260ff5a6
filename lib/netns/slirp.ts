/**
 * slirp4netns(1): the fallback for users without pasta. Connections come from its own address (the caller's is lost),
 * and ports are forwarded through its API socket. It does not end with the namespace: it is stopped by its handle.
 */
import { basename, dirname } from 'node:path/posix';
import { messageOf, ProaError } from '../core/error.ts';
import { processHandle } from '../core/process-handle.ts';
import { findProgram } from '../core/programs.ts';
import { close, O, open, pipe, tryUnlinkAt } from '../core/sys/file.ts';

import { POLLHUP, POLLIN, poll } from '../core/sys/poll.ts';
import { tryKill } from '../core/sys/process.ts';
import { type NetworkHelper, StartLog } from './helper.ts';
import { formatSubnet, ipFromNumber, parseSubnet } from './ip.ts';
import type { PublishedPort } from './ports.ts';
import { checkTun } from './tun.ts';

const INTERFACE = 'tap0';
const DEFAULT_SUBNET = '10.0.2.0/24';

/** As in podman-run(1), `--network slirp4netns:…`. */
export interface SlirpOptions {
  /** The container reaches programs of the host by the gateway's address. */
  allowHostLoopback: boolean;
  /** Bytes. */
  mtu: number;
  subnet: string;
  ipv6: boolean;
  /** Address or interface that connections go out by. */
  outboundAddress?: string;
  outboundAddress6?: string;
}

export interface SlirpStarted {
  helper: NetworkHelper;
  interface: string;
  ip: string;
  prefix: number;
  gateway: string;
  dns: string;
  hostAddress?: string;
}

/** Parses `allow_host_loopback=true`, `mtu=1400`, … @throws ProaError INVALID_NETWORK */
export function parseSlirpOptions(texts: readonly string[]): SlirpOptions {
  const options: SlirpOptions = {
    allowHostLoopback: false,
    mtu: 65_520,
    subnet: DEFAULT_SUBNET,
    ipv6: false,
  };
  for (const text of texts) {
    const [, name, value] = /^(\w+)=(.*)$/.exec(text) ?? [];
    const fail = (why: string): ProaError =>
      new ProaError('INVALID_NETWORK', `use network slirp4netns with ${text}: ${why}`);
    const flag = (): boolean => {
      if (value !== 'true' && value !== 'false') throw fail('true or false is wanted');
      return value === 'true';
    };
    switch (name) {
      case 'allow_host_loopback':
        options.allowHostLoopback = flag();
        break;
      case 'enable_ipv6':
        options.ipv6 = flag();
        break;
      case 'mtu':
        if (!/^\d{2,5}$/.test(value!) || Number(value) > 65_521) throw fail('a number of bytes is wanted');
        options.mtu = Number(value);
        break;
      case 'cidr': {
        const subnet = parseSubnet(value!);
        // slirp4netns(1): the container has the hundredth address.
        if (subnet === undefined || subnet.bits !== 32 || subnet.prefix > 25)
          throw fail('an IPv4 subnet of at least 128 addresses is wanted');
        options.subnet = formatSubnet(subnet);
        break;
      }
      case 'outbound_addr':
        options.outboundAddress = value;
        break;
      case 'outbound_addr6':
        options.outboundAddress6 = value;
        break;
      case 'port_handler':
        if (value !== 'slirp4netns') throw fail('the only port handler here is slirp4netns');
        break;
      default:
        throw fail('no such option');
    }
  }
  return options;
}

const READY_TIMEOUT = 10_000;
const SIGKILL = 9;

/**
 * Starts slirp4netns in the background and forwards the ports.
 * @throws ProaError PROGRAM_MISSING, TUN_UNAVAILABLE, PORT_UNSUPPORTED (SCTP, IPv6), SLIRP_FAILED with its words
 */
export async function startSlirp(
  netnsPath: string,
  ports: readonly PublishedPort[],
  options: SlirpOptions,
): Promise<SlirpStarted> {
  const program = findProgram('slirp4netns');
  checkTun();
  for (const { protocol, hostIp, hostPort } of ports) {
    if (protocol === 'sctp' || hostIp.includes(':')) {
      const what = protocol === 'sctp' ? 'sctp' : 'IPv6';
      throw new ProaError(
        'PORT_UNSUPPORTED',
        `publish ${hostPort}/${protocol}: slirp4netns does not forward ${what}`,
        {
          hint: 'apt-get install passt',
        },
      );
    }
  }
  // Through its folder's descriptor, for a socket's path has room for 107 bytes (unix(7)).
  const folder = open(dirname(netnsPath), O.PATH | O.DIRECTORY);
  const name = `${basename(netnsPath)}.sock`;
  tryUnlinkAt(folder, name);
  using log = new StartLog(`${netnsPath}.log`);
  const ready = pipe();
  // Its own session: a Ctrl-C in the terminal must not end a running container's network.
  const child = Bun.spawn([program, ...slirpArguments(netnsPath, `/proc/self/fd/4/${name}`, options)], {
    stdio: ['ignore', 'ignore', log.fd, ready.write, folder],
    cwd: '/',
    detached: true,
  });
  close(ready.write);
  try {
    const [events] = poll([{ fd: ready.read, events: POLLIN }], READY_TIMEOUT);
    if ((events! & POLLIN) === 0) {
      const why = (events! & POLLHUP) !== 0 ? log.words() || 'it ended at once' : 'it did not get ready';
      throw new ProaError('SLIRP_FAILED', `start slirp4netns: ${why}`);
    }
    const addresses = addressesIn(options);
    for (const port of ports) await forward(`/proc/self/fd/${folder}/${name}`, port, addresses.ip);
    const handle = processHandle(child.pid);
    if (handle === undefined) throw new ProaError('SLIRP_FAILED', `start slirp4netns: ${log.words()}`);
    child.unref();
    const helper: NetworkHelper = { program: 'slirp4netns', pid: handle.pid, startTime: handle.startTime };
    return { helper, ...addresses };
  } catch (error) {
    tryKill(child.pid, SIGKILL);
    throw error;
  } finally {
    close(ready.read);
    // Only needed while ports are set up: open, it would let anyone who can reach it add more.
    tryUnlinkAt(folder, name);
    close(folder);
  }
}

function slirpArguments(netnsPath: string, socket: string, options: SlirpOptions): string[] {
  return [
    '--configure',
    `--mtu=${options.mtu}`,
    ...(options.allowHostLoopback ? [] : ['--disable-host-loopback']),
    ...(options.subnet === DEFAULT_SUBNET ? [] : [`--cidr=${options.subnet}`]),
    ...(options.ipv6 ? ['--enable-ipv6'] : []),
    ...(options.outboundAddress === undefined ? [] : [`--outbound-addr=${options.outboundAddress}`]),
    ...(options.outboundAddress6 === undefined ? [] : [`--outbound-addr6=${options.outboundAddress6}`]),
    `--api-socket=${socket}`,
    '--ready-fd=3',
    '--netns-type=path',
    netnsPath,
    INTERFACE,
  ];
}

/** slirp4netns(1): gateway, name server and container have the second, third and hundredth address. */
function addressesIn({ subnet, allowHostLoopback }: SlirpOptions): Omit<SlirpStarted, 'helper'> {
  const { base, prefix } = parseSubnet(subnet)!;
  const [gateway, dns, ip] = [2n, 3n, 100n].map((offset) => ipFromNumber(base + offset).text);
  return {
    interface: INTERFACE,
    ip: ip!,
    prefix,
    gateway: gateway!,
    dns: dns!,
    ...(allowHostLoopback && { hostAddress: gateway! }),
  };
}

/** One request on the API socket ("add_hostfwd" of slirp4netns(1)): a JSON object, half-closed, answered by one. */
async function forward(
  socket: string,
  { protocol, hostIp, hostPort, containerPort }: PublishedPort,
  ip: string,
): Promise<void> {
  const request = {
    execute: 'add_hostfwd',
    arguments: {
      proto: protocol,
      host_addr: hostIp === '' ? '0.0.0.0' : hostIp,
      host_port: hostPort,
      guest_addr: ip,
      guest_port: containerPort,
    },
  };
  const answer = await new Promise<string>((resolve, reject) => {
    let text = '';
    void Bun.connect({
      unix: socket,
      socket: {
        open: (connection) => {
          connection.write(JSON.stringify(request));
          connection.shutdown();
        },
        data: (_, chunk) => {
          text += chunk.toString();
        },
        close: () => resolve(text),
        error: (_, error) => reject(error),
        connectError: (_, error) => reject(error),
      },
    }).catch(reject);
  }).catch((error: unknown) => {
    throw new ProaError('SLIRP_FAILED', `publish ${hostPort}/${protocol}: ${messageOf(error)}`, {
      cause: error,
    });
  });
  const { error } = JSON.parse(answer) as { error?: { desc?: string } };
  if (error !== undefined) {
    throw new ProaError('SLIRP_FAILED', `publish ${hostPort}/${protocol}: ${error.desc ?? answer}`);
  }
}
