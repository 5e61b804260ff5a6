/** One line of `network ls`: the fields that templates may name. */
import type { ShownNetwork } from '../../engine/network/inspect.ts';

export const NETWORK_HEADERS: Readonly<Record<string, string>> = {
  ID: 'NETWORK ID',
};

/** Podman's fields. They are inherited, so that `--format json` has Docker's and no others. */
class PodmanFields {
  readonly #network: ShownNetwork;

  constructor(network: ShownNetwork) {
    this.#network = network;
  }
  get Created(): string {
    return this.#network.created;
  }
  get DNSEnabled(): boolean {
    return this.#network.dns;
  }
  get IPv6Enabled(): boolean {
    return this.#network.ipv6;
  }
  get NetworkInterface(): string {
    return this.#network.interface;
  }
  get Options(): Record<string, string> {
    return this.#network.options;
  }
  get Subnets(): object[] {
    return this.#network.subnets.map(({ subnet, gateway }) => ({ Subnet: subnet, Gateway: gateway ?? '' }));
  }
}

export function networkRow(network: ShownNetwork, whole: boolean): object {
  const { id, name, driver, created, ipv6, internal, labels } = network;
  return Object.assign(new PodmanFields(network), {
    CreatedAt: created,
    Driver: driver,
    ID: whole ? id : id.slice(0, 12),
    IPv4: 'true',
    IPv6: String(ipv6),
    Internal: String(internal),
    Label: (key: string) => labels[key] ?? '',
    Labels: () =>
      Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .sort()
        .join(','),
    Name: name,
    Scope: 'local',
  });
}
