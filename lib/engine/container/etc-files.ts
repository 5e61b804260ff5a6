/** What the files of /etc that tell of a container's network say, by its status; and how they follow a change of it. */
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from '../../core/atomic-file.ts';
import { ProaError } from '../../core/error.ts';
import { withHostLines, withoutHostLines } from '../../netns/hosts.ts';
import { containerResolvConf } from '../../netns/resolv-conf.ts';
import { type NetworkStatus, ownAddresses } from '../../netns/status.ts';
import { bundlePath, type ContainerConfig } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import { keepsImageFile } from './joined-network.ts';

/** All that a container is called in its own /etc/hosts. */
export function ownNames({ hostname, name, id }: ContainerConfig): string[] {
  return [...new Set([hostname, name, id.slice(0, 12)])];
}

/** Its /etc/resolv.conf. */
export function resolvText({ network }: ContainerConfig, status: NetworkStatus): string {
  const { servers, search, options } = network.dns ?? {};
  const shared = status.mode === 'host';
  return containerResolvConf({
    offered: status.nameservers,
    only: status.resolvesAll,
    shared,
    ipv6: shared || ownAddresses(status).some((ip) => ip.includes(':')),
    nameservers: servers,
    search,
    options,
  });
}

/** @throws ProaError NO_HOST_GATEWAY */
export function extraHosts(
  { network }: ContainerConfig,
  hostAddress: string | undefined,
): { name: string; ip: string }[] {
  return (network.extraHosts ?? []).map(({ name, ip }) => {
    if (ip !== 'host-gateway') return { name, ip };
    if (hostAddress !== undefined) return { name, ip: hostAddress };
    throw new ProaError(
      'NO_HOST_GATEWAY',
      `add host ${name}:host-gateway: from this network the container cannot reach its host`,
      { hint: 'Give an address instead of host-gateway, or another --network' },
    );
  });
}

/**
 * Brings the files of a running container up to date when its networks change. What its processes wrote there stays: in
 * hosts only lines of ours come and go, and a resolv.conf that is not as we wrote it is left alone.
 */
export function followNetworks(
  store: Store,
  config: ContainerConfig,
  before: NetworkStatus,
  after: NetworkStatus,
): void {
  const file = (name: string): string => `${bundlePath(store, config.id)}/${name}`;
  const [old, now] = [ownAddresses(before), ownAddresses(after)];
  if (!keepsImageFile(config.network, 'hosts') && existsSync(file('hosts'))) {
    const text = readFileSync(file('hosts'), 'utf8');
    const gone = old.filter((ip) => !now.includes(ip));
    const come = now.filter((ip) => !old.includes(ip));
    // In place: the runtime has bound these very files.
    writeFile(file('hosts'), withHostLines(withoutHostLines(text, gone), come, ownNames(config)));
  }
  if (keepsImageFile(config.network, 'resolv.conf') || !existsSync(file('resolv.conf'))) return;
  if (readFileSync(file('resolv.conf'), 'utf8') === resolvText(config, before))
    writeFile(file('resolv.conf'), resolvText(config, after));
}
