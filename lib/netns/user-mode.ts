/** Networks by a program of the user's own, which needs no privilege: pasta, or slirp4netns. */
import { hasCode } from '../core/error.ts';
import { missingProgram, tryFindProgram } from '../core/programs.ts';
import { NETLINK_ROUTE } from '../core/sys/netlink.ts';
import { listGlobalAddresses } from './addresses.ts';
import { ipFromBytes } from './ip.ts';
import { listLinks } from './links.ts';
import { NetlinkSocket } from './netlink.ts';
import type { NetworkRequest } from './network.ts';
import { PASTA_DNS, PASTA_HOST, startPasta } from './pasta.ts';
import { releasePorts, reservePorts } from './port-reservations.ts';
import type { PublishedPort } from './ports.ts';
import { defaultRouteOf, listRoutes } from './routes.ts';
import { parseSlirpOptions, startSlirp } from './slirp.ts';
import type { NetworkStatus } from './status.ts';

/** Connects a container by pasta(1), or by slirp4netns(1) where that is not installed and serves as well. */
export async function setUpUserNetwork(request: NetworkRequest): Promise<NetworkStatus> {
  const { id, runRoot, containers } = request;
  using undo = new DisposableStack();
  const { ports } = reservePorts(runRoot, { id, ip: '' }, request.ports, containers);
  undo.defer(() => releasePorts(runRoot, id, ports));
  const status = { ...(await startHelper(request, ports)), ports };
  undo.move();
  return status;
}

async function startHelper(
  { mode, netnsPath, mac, helperOptions = [] }: NetworkRequest,
  ports: readonly PublishedPort[],
): Promise<Omit<NetworkStatus, 'ports'>> {
  // Who writes options for the one does not mean the other.
  const slirpServes = mode === 'slirp4netns' || (helperOptions.length === 0 && mac === undefined);
  if (mode === 'pasta' && (tryFindProgram('pasta') !== undefined || !slirpServes)) {
    const started = await startPasta({ netnsPath, ports, mac, extra: helperOptions }).catch((error) => {
      // A laptop on a train: its containers reach each other and the host all the same.
      if (hasCode(error, 'NO_UPLINK') && slirpServes && tryFindProgram('slirp4netns')) return undefined;
      throw error;
    });
    if (started === undefined) return await connectBySlirp(mode, netnsPath, ports, helperOptions);
    const { helper, mapsHost } = started;
    const link = uplink();
    const hostAddress = mapsHost ? PASTA_HOST : link.other;
    const { other: _, ...shown } = link;
    return {
      mode,
      ...shown,
      nameservers: [PASTA_DNS],
      ...(mac !== undefined && { mac }),
      ...(hostAddress !== undefined && { hostAddress }),
      helper,
    };
  }
  if (mode === 'pasta' && tryFindProgram('slirp4netns') === undefined)
    throw missingProgram('pasta', 'slirp4netns');
  return await connectBySlirp(mode, netnsPath, ports, helperOptions);
}

async function connectBySlirp(
  mode: NetworkRequest['mode'],
  netnsPath: string,
  ports: readonly PublishedPort[],
  options: readonly string[],
): Promise<Omit<NetworkStatus, 'ports'>> {
  const { helper, dns, ...addresses } = await startSlirp(netnsPath, ports, parseSlirpOptions(options));
  return { mode, ...addresses, nameservers: [dns], helper };
}

/**
 * Interface, address and gateway as pasta copies them from the host: those of the default route (pasta(1),
 * `--interface`). Read on the host's side, for a user's process that enters the container's namespace cannot come back.
 * `other` is an address of the host that the container has not taken for itself, and so reaches the host by.
 */
export function uplink(): Pick<NetworkStatus, 'interface' | 'ip' | 'prefix' | 'gateway'> & {
  other?: string;
} {
  using socket = NetlinkSocket.open(NETLINK_ROUTE);
  const route = defaultRouteOf(listRoutes(socket));
  const link = listLinks(socket).find(({ index }) => index === route?.interface);
  const addresses = listGlobalAddresses(socket);
  const address = addresses.find(({ index }) => index === link?.index);
  if (link === undefined || address === undefined) return {};
  const gateway = route?.gateway === undefined ? {} : { gateway: ipFromBytes(route.gateway).text };
  const ip = ipFromBytes(address.bytes).text;
  const other = addresses.map(({ bytes }) => ipFromBytes(bytes).text).find((text) => text !== ip);
  return {
    interface: link.name,
    ip,
    prefix: address.prefix,
    ...gateway,
    ...(other !== undefined && { other }),
  };
}
