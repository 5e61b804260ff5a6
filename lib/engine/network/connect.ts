/** `network connect` and `disconnect`: of a container that runs at once, of any from its next start on. */
import { ProaError } from '../../core/error.ts';
import { endpointsOf, type NetworkStatus } from '../../netns/status.ts';
import {
  type Container,
  type ContainerConfig,
  lockContainer,
  type NetworkAttachment,
  readContainer,
  resolveContainer,
  writeConfig,
  writeState,
} from '../../storage/containers.ts';
import { followNetworks } from '../container/etc-files.ts';
import { hasLivingProcess } from '../container/state.ts';
import type { Engine } from '../engine.ts';
import { networkEvent, tell } from '../events.ts';
import { attachmentsOf, wiringOf } from './attachments.ts';
import { onHostNetwork } from './host-network.ts';
import { networkName } from './resolve.ts';

/**
 * Connects a container to one more network.
 * @param wanted what is asked of its place there; `name` as a person gave it
 * @throws ProaError ALREADY_CONNECTED, NO_NETWORKS_HERE, NETWORK_NOT_FOUND, CONTAINER_NOT_FOUND, ADDRESS_IN_USE, …
 */
export async function connectNetwork(
  engine: Engine,
  container: string,
  wanted: NetworkAttachment,
): Promise<void> {
  const attachment = { ...wanted, name: networkName(engine.store, wanted.name) };
  await change(engine, container, async ({ config, state }) => {
    const places = attachmentsOf(config);
    if (places.some(({ name }) => name === attachment.name)) {
      throw new ProaError(
        'ALREADY_CONNECTED',
        `connect container ${config.name}: endpoint with name ${config.name} already exists in network ${attachment.name}`,
      );
    }
    if (attachment.name === 'bridge' && attachment.aliases !== undefined) {
      throw new ProaError(
        'ALIAS_UNSUPPORTED',
        'network-scoped aliases are only supported for user-defined networks',
      );
    }
    const status = state.network as unknown as NetworkStatus | undefined;
    const next =
      status && hasLivingProcess(state)
        ? await onHostNetwork(engine, 'connect', { config, attachment, status })
        : undefined;
    return { networks: [...places, attachment], status: next };
  });
}

/**
 * Takes a container out of a network.
 * @param force that it is not connected is fine
 * @throws ProaError NOT_CONNECTED, NETWORK_NOT_FOUND, CONTAINER_NOT_FOUND
 */
export async function disconnectNetwork(
  engine: Engine,
  container: string,
  network: string,
  force: boolean,
): Promise<void> {
  const name = networkName(engine.store, network);
  await change(engine, container, async ({ config, state }) => {
    const places = attachmentsOf(config);
    if (!places.some((place) => place.name === name)) {
      if (force) return undefined;
      throw new ProaError(
        'NOT_CONNECTED',
        `disconnect container ${config.name}: it is not connected to network ${name}`,
      );
    }
    const status = state.network as unknown as NetworkStatus | undefined;
    const next =
      status && hasLivingProcess(state)
        ? await onHostNetwork(engine, 'disconnect', { config, network: name, status })
        : undefined;
    return { networks: places.filter((place) => place.name !== name), status: next };
  });
}

interface Change {
  networks: NetworkAttachment[];
  /** Of a running container. */
  status: NetworkStatus | undefined;
}

async function change(
  engine: Engine,
  name: string,
  make: (container: Container) => Promise<Change | undefined>,
): Promise<void> {
  const { store } = engine;
  const id = resolveContainer(store, name);
  using _ = await lockContainer(store, id);
  const container = readContainer(store, id);
  if (container === undefined) throw new ProaError('CONTAINER_NOT_FOUND', `No such container: ${name}`);
  const { config, state } = container;
  requireNetworks(engine, config);
  const made = await make(container);
  if (made === undefined) return;
  const { networks, status } = made;
  if (status !== undefined) {
    const before = state.network as unknown as NetworkStatus;
    writeState(store, id, { ...state, network: status as unknown as Container['state']['network'] });
    followNetworks(store, config, before, status);
    tellOf(engine, id, before, status);
  }
  writeConfig(store, { ...config, network: { ...config.network, networks } });
}

/** In Docker's words. */
function requireNetworks({ identity }: Engine, { name, network }: ContainerConfig): void {
  const wiring = wiringOf(network);
  if (wiring === 'bridge') return;
  const why =
    wiring === 'host' || wiring === 'joined'
      ? 'container sharing network namespace with another container or host cannot be connected to any other network'
      : `its network is "${network.mode}", which has no place for others`;
  throw new ProaError('NO_NETWORKS_HERE', `connect container ${name}: ${why}`, {
    hint: identity.rootless
      ? 'Create it with --network NAME of a network that proa network create made'
      : undefined,
  });
}

function tellOf({ store }: Engine, id: string, before: NetworkStatus, after: NetworkStatus): void {
  const [old, now] = [endpointsOf(before), endpointsOf(after)];
  const has = (list: typeof old, name: string): boolean => list.some(({ network }) => network === name);
  tell(
    store,
    ...now
      .filter(({ network }) => !has(old, network))
      .map(({ network, networkId }) => networkEvent(id, network, networkId, 'connect')),
    ...old
      .filter(({ network }) => !has(now, network))
      .map(({ network, networkId }) => networkEvent(id, network, networkId, 'disconnect')),
  );
}
