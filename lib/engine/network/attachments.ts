/** Which networks a container is in, as its record has it. */
import type { ContainerConfig, ContainerNetworkConfig, NetworkAttachment } from '../../storage/containers.ts';

/** Modes that are no network with a record. */
const PLAIN = ['none', 'host', 'pasta', 'slirp4netns'];

/** `none`, `host`, `pasta`, `slirp4netns`; `joined` is a namespace of somebody else; `bridge` stands for all networks. */
export type Wiring = 'none' | 'host' | 'pasta' | 'slirp4netns' | 'joined' | 'bridge';

export function wiringOf({ mode }: Pick<ContainerNetworkConfig, 'mode'>): Wiring {
  if (/^(container|ns):/.test(mode)) return 'joined';
  return PLAIN.includes(mode) ? (mode as Wiring) : 'bridge';
}

/** The networks that a container is connected to, or will be at its start. */
export function attachmentsOf({ network }: Pick<ContainerConfig, 'network'>): NetworkAttachment[] {
  if (network.networks !== undefined) return network.networks;
  if (wiringOf(network) !== 'bridge') return [];
  const { mode, ip, mac, interfaceName } = network;
  return [
    {
      name: mode,
      ...(ip !== undefined && { ip }),
      ...(mac !== undefined && { mac }),
      ...(interfaceName !== undefined && { interfaceName }),
    },
  ];
}

/** Their names; a mode that is no network counts as one, as `ps` and `inspect` show it. */
export function networkNamesOf(config: Pick<ContainerConfig, 'network'>): string[] {
  const wiring = wiringOf(config.network);
  if (wiring === 'joined') return [];
  return wiring === 'bridge' ? attachmentsOf(config).map(({ name }) => name) : [config.network.mode];
}
