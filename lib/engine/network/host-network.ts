/**
 * Where bridges are: root's on the host, a user's in a network namespace of their own that all their containers share
 * (rootless-network.ts). For root an operation is a call; for a user another `proa` does it in there, as a thread that
 * entered that namespace could not come back to the host's (setns(2)).
 */

import { changeServers, namedContainers } from '../../netns/dns.ts';
import { listLeases } from '../../netns/leases.ts';
import { removeAllNetworks, removeNetwork } from '../../netns/network.ts';
import { listNetworks, type Network, replaceNetwork } from '../../netns/networks.ts';
import { type PortTap, setUpTap } from '../../netns/port-forwarder.ts';
import type { PortMapping } from '../../netns/ports.ts';
import type { NetworkStatus } from '../../netns/status.ts';
import type { NetworkAttachment, PortRequest } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import type { Engine } from '../engine.ts';
import type { Link } from './links.ts';
import { reloadNetworks } from './reload.ts';
import {
  announceContainer,
  netnsPath,
  unwireContainer,
  unwireEndpoint,
  type Wired,
  wireContainer,
  wireEndpoint,
} from './wire.ts';

/** All take and give what JSON can hold. */
const OPERATIONS = {
  wire: (
    store: Store,
    { config, ports, links }: { config: Wired; ports: readonly PortRequest[]; links?: readonly Link[] },
  ) => wireContainer(store, config, ports as readonly PortMapping[], links),
  unwire: (store: Store, { id, status }: { id: string; status?: NetworkStatus | undefined }) =>
    unwireContainer(store, id, status),
  connect: (
    store: Store,
    { config, attachment, status }: { config: Wired; attachment: NetworkAttachment; status: NetworkStatus },
  ) => wireEndpoint(store, config, attachment, status),
  disconnect: (
    store: Store,
    { config, network, status }: { config: Wired; network: string; status: NetworkStatus },
  ) => unwireEndpoint(store, config, network, status),
  remove: (store: Store, { name }: { name: string }) => removeNetwork(store.runRoot, name),
  announce: (store: Store, { config, status }: { config: Wired; status: NetworkStatus }) =>
    announceContainer(store, config, status),
  update: (store: Store, { before, after }: { before: Network; after: Network }) => {
    replaceNetwork(store.runRoot, after);
    changeServers(store.runRoot, before, after);
  },
  tapIn: (store: Store, { id, tap }: { id: string; tap: PortTap }) => setUpTap(netnsPath(store, id), tap),
  reload: (store: Store, _: object) => reloadNetworks(store),
};

type Operations = typeof OPERATIONS;
export type OperationName = keyof Operations;
type Argument<O extends OperationName> = Parameters<Operations[O]>[1];
type Result<O extends OperationName> = Awaited<ReturnType<Operations[O]>>;

/** Does an operation where the bridges are. */
export async function onHostNetwork<O extends OperationName>(
  engine: Engine,
  name: O,
  argument: Argument<O>,
): Promise<Result<O>> {
  if (!engine.identity.rootless) return (await runOperation(engine.store, name, argument)) as Result<O>;
  const { doAsUser } = await import('./rootless-network.ts');
  return (await doAsUser(engine, name, argument)) as Result<O>;
}

/**
 * Takes down what a container's network left, without a status that says what that is. A user's containers mostly have
 * pasta, and nothing where the bridges are.
 */
export async function unwireWhatIsLeft(engine: Engine, id: string): Promise<void> {
  const { store, identity } = engine;
  if (!identity.rootless || isOnBridge(store.runRoot, id)) await onHostNetwork(engine, 'unwire', { id });
  else unwireContainer(store, id);
}

/** Takes down all networks of this store. */
export async function removeEverything(engine: Engine): Promise<void> {
  if (!engine.identity.rootless) {
    removeAllNetworks(engine.store.runRoot);
    return;
  }
  const { endRootlessNetwork } = await import('./rootless-network.ts');
  await endRootlessNetwork(engine);
}

function isOnBridge(runRoot: string, id: string): boolean {
  const leases = listNetworks(runRoot).flatMap((network) => [...listLeases(runRoot, network).values()]);
  return leases.includes(id) || namedContainers(runRoot).has(id);
}

/** Does it in this process, which is where the bridges are. */
export async function runOperation(store: Store, name: OperationName, argument: unknown): Promise<unknown> {
  return await OPERATIONS[name](store, argument as never);
}
