/** `--network container:NAME`: a network namespace that belongs to another container. */
import { readFileSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import type { NamespaceChoice } from '../../oci/model/runtime-spec/namespaces.ts';
import {
  bundlePath,
  type ContainerConfig,
  type ContainerNetworkConfig,
  readContainer,
  resolveContainer,
} from '../../storage/containers.ts';
import { namespacePath, type Store } from '../../storage/store.ts';
import { donorOf } from './namespaces.ts';
import { isRunning } from './state.ts';

/** All of a network's options but where it is and what is published. */
export type NetworkOptions = Omit<ContainerNetworkConfig, 'mode' | 'ports'>;

/**
 * The mode as it is recorded, by the other's id, and what the container takes over from the other, or the host.
 * @throws ProaError CONTAINER_NOT_FOUND, AMBIGUOUS
 */
export function joinNetwork(store: Store, mode: string): { mode: string; hostname?: string } {
  // As Docker: who shares the host's network shares its name too, unless told otherwise.
  if (mode === 'host') return { mode, hostname: readFileSync('/proc/sys/kernel/hostname', 'utf8').trim() };
  const name = donorOf(mode);
  if (name === undefined) return { mode };
  const id = resolveContainer(store, name);
  return { mode: `container:${id}`, hostname: readContainer(store, id)?.config.hostname };
}

export interface JoinedNetwork {
  /** The container that the namespace was made for; undefined when it is no container's (`ns:`, `host`). */
  owner: string | undefined;
  namespace: NamespaceChoice;
  /** Folder with the owner's files for /etc. */
  etc: string;
}

/**
 * The namespace of the container that `mode` names, or of the one whose namespace that one has joined.
 * @throws ProaError CONTAINER_NOT_FOUND; NOT_RUNNING, OWN_NETWORK in Docker's words
 */
export function findJoined(store: Store, { id, network }: ContainerConfig): JoinedNetwork {
  const seen = new Set([id]);
  for (let mode = network.mode; ; ) {
    const other = donorOf(mode)!;
    if (seen.has(other)) throw new ProaError('OWN_NETWORK', 'cannot join own network');
    seen.add(other);
    const container = readContainer(store, other);
    if (container === undefined) throw new ProaError('CONTAINER_NOT_FOUND', `No such container: ${other}`);
    if (!isRunning(container.state)) {
      throw new ProaError('NOT_RUNNING', `cannot join network of a non running container: ${other}`, {
        hint: `proa start ${container.config.name}`,
      });
    }
    mode = container.config.network.mode;
    if (donorOf(mode) !== undefined) continue;
    const etc = bundlePath(store, other);
    if (mode === 'host') return { owner: undefined, namespace: 'host', etc };
    const path = /^ns:(.*)$/.exec(mode)?.[1];
    if (path !== undefined) return { owner: undefined, namespace: { path }, etc };
    return { owner: other, namespace: { path: namespacePath(store, other) }, etc };
  }
}

/** Files that tell a container of its network. */
export const ETC_FILES = ['hosts', 'resolv.conf', 'hostname'] as const;
export type EtcFile = (typeof ETC_FILES)[number];

/** Whether the container was told to leave the image's file as it is. */
export function keepsImageFile({ noHosts, noHostname, dns }: NetworkOptions, file: EtcFile): boolean {
  if (file === 'hosts') return noHosts ?? false;
  if (file === 'hostname') return noHostname ?? false;
  return dns?.servers?.[0] === 'none';
}

/** Where a running container's file of /etc is on the host; '' when it shows the image's. */
export function etcFile(
  store: Store,
  config: Pick<ContainerConfig, 'id' | 'network'>,
  file: EtcFile,
): string {
  let { id, network } = config;
  const seen = new Set([id]);
  for (let other = donorOf(network.mode); file !== 'hostname' && other !== undefined; ) {
    const owner = readContainer(store, other)?.config;
    if (owner === undefined || seen.has(owner.id)) return '';
    seen.add(owner.id);
    ({ id, network } = owner);
    other = donorOf(network.mode);
  }
  return keepsImageFile(network, file) ? '' : `${bundlePath(store, id)}/${file}`;
}
