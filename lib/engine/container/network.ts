/** A container's network between create and clean-up: its namespace, its interface, and its files in /etc. */
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from '../../core/atomic-file.ts';
import { ProaError } from '../../core/error.ts';
import { waitForExit } from '../../core/process-handle.ts';
import { readInRoot } from '../../core/rooted.ts';
import { span } from '../../core/trace.ts';
import { containerHosts } from '../../netns/hosts.ts';
import { createNamespace, markJoined, pinNamespace } from '../../netns/namespace.ts';
import { setUpNetwork } from '../../netns/network.ts';
import type { PortMapping } from '../../netns/ports.ts';
import { type NetworkStatus, ownAddresses } from '../../netns/status.ts';
import type { NamespaceChoice } from '../../oci/model/runtime-spec/namespaces.ts';
import type { ContainerConfig, ContainerState } from '../../storage/containers.ts';
import { namespacePath } from '../../storage/store.ts';
import type { Engine } from '../engine.ts';
import { type Wiring, wiringOf } from '../network/attachments.ts';
import { onHostNetwork } from '../network/host-network.ts';
import type { Link } from '../network/links.ts';
import { holders, netnsPath, unwireContainer, type Wired } from '../network/wire.ts';
import { extraHosts, ownNames, resolvText } from './etc-files.ts';
import { ETC_FILES, type EtcFile, findJoined, keepsImageFile } from './joined-network.ts';
import { exposedPorts } from './ports.ts';

/** How long pasta may take to end, and with it to let go of the ports (milliseconds). */
const HELPER_PATIENCE = 1_000;

export class ContainerNetwork {
  private etcFolder: string | undefined;
  /** The container's mounted root. */
  private root = '';
  /** The files of /etc that are this container's own. */
  private own: readonly EtcFile[] = [];
  /** The folder of another container's files for /etc. */
  private sharedEtc: string | undefined;

  /** What it is linked to. */
  links: readonly Link[] = [];

  /** @param state what a started container's record says of it */
  constructor(
    private readonly engine: Engine,
    private readonly config: ContainerConfig,
    private state: NetworkStatus | undefined,
  ) {}

  /** The network as a record keeps it. */
  static recorded(state: ContainerState): NetworkStatus | undefined {
    return state.network as unknown as NetworkStatus | undefined;
  }

  private get mode(): Wiring {
    return wiringOf(this.config.network);
  }

  get status(): ContainerState['network'] {
    return this.state as unknown as ContainerState['network'];
  }

  /**
   * The namespace as the specification wants it: made and pinned here, before the runtime starts, so that it can be
   * wired up (or looked into, with `none`) without knowing a process in it.
   * @param source one that is there already, of a container with a user namespace of its own
   */
  makeNamespace(source?: string): NamespaceChoice {
    if (this.mode === 'host') return 'host';
    if (this.mode === 'joined') return this.join();
    using _ = span('network namespace');
    if (source === undefined) createNamespace(this.path);
    else pinNamespace(this.path, source);
    return { path: this.path };
  }

  /** Whether the namespace is new, so that its settings are this container's to choose. */
  get isOwn(): boolean {
    return this.mode !== 'host' && this.mode !== 'joined';
  }

  /**
   * Makes the files that are shown in /etc. Only the connected network knows their content, see {@link connect}.
   * @param root the container's mounted root, for what the image has
   */
  makeEtc(folder: string, root: string): Record<string, string> {
    this.etcFolder = folder;
    this.root = root;
    const files: Record<string, string> = {};
    for (const name of ETC_FILES) {
      const shared = this.sharedEtc !== undefined && name !== 'hostname';
      const file = `${shared ? this.sharedEtc : folder}/${name}`;
      // What another container does not show, one in its network does not either.
      if (shared ? !existsSync(file) : keepsImageFile(this.config.network, name)) continue;
      files[name] = file;
      if (!shared) writeFile(file, '');
    }
    this.own = ETC_FILES.filter((name) => files[name] === `${folder}/${name}`);
    return files;
  }

  /** Wires the namespace up and fills in the files. */
  async connect(): Promise<void> {
    using _ = span('connect network');
    const { store } = this.engine;
    if (this.mode === 'joined') {
      this.fillEtc({ mode: 'none', ports: [], nameservers: [] });
      return;
    }
    this.state =
      this.mode === 'bridge'
        ? await onHostNetwork(this.engine, 'wire', {
            config: this.wired,
            ports: this.portsToPublish(),
            links: this.links,
          })
        : await setUpNetwork({
            id: this.config.id,
            mode: this.mode,
            ports: this.portsToPublish(),
            mac: this.config.network.mac,
            helperOptions: this.config.network.helperOptions,
            runRoot: store.runRoot,
            netnsPath: this.path,
            containers: holders(store),
          });
    this.fillEtc(this.state);
  }

  /** Takes everything down; its ports are free then. Repeating it, or doing it after a crash, is fine. */
  async remove(): Promise<void> {
    if (!this.isOwn) return;
    using _ = span('remove network');
    const { id } = this.config;
    if (this.mode === 'bridge') await onHostNetwork(this.engine, 'unwire', { id, status: this.state });
    else unwireContainer(this.engine.store, id, this.state);
    const { helper, ports = [] } = this.state ?? {};
    if (helper !== undefined && ports.length > 0) await waitForExit(helper, HELPER_PATIENCE);
  }

  private get path(): string {
    return netnsPath(this.engine.store, this.config.id);
  }

  private get wired(): Wired {
    const { id, name, network } = this.config;
    return { id, name, network };
  }

  private join(): NamespaceChoice {
    const path = /^ns:(.*)$/.exec(this.config.network.mode)?.[1];
    if (path !== undefined) {
      if (existsSync(path)) return { path };
      throw new ProaError('NO_NAMESPACE', `join network namespace ${path}: no such file`);
    }
    const { owner, namespace, etc } = findJoined(this.engine.store, this.config);
    this.sharedEtc = etc;
    // The namespace may outlive its owner now, who then must take its interface away.
    if (owner !== undefined) markJoined(namespacePath(this.engine.store, owner));
    return namespace;
  }

  /** With -P every exposed port that is not published otherwise. */
  private portsToPublish(): PortMapping[] {
    const { ports, publishAll } = this.config.network;
    if (!publishAll) return ports as PortMapping[];
    const key = (port: { containerPort: number; protocol: string }) =>
      `${port.containerPort}/${port.protocol}`;
    const taken = new Set(ports.map(key));
    const rest = exposedPorts(this.config.exposedPorts).filter((port) => !taken.has(key(port)));
    const open = rest.map((port) => ({ ...port, hostIp: '', hostPorts: undefined }));
    return [...ports, ...open] as PortMapping[];
  }

  private fillEtc(status: NetworkStatus): void {
    if (this.etcFolder === undefined) return;
    const { config } = this;
    const { hostAddress } = status;
    const shared = status.mode === 'host';
    const texts: Record<EtcFile, () => string> = {
      hosts: () =>
        containerHosts({
          ips: ownAddresses(status),
          names: ownNames(config),
          hostAddress,
          extra: [
            ...extraHosts(config, hostAddress),
            ...this.links.map(({ ip, names }) => ({ ip, name: names.join(' ') })),
          ],
          base: this.baseHosts(shared),
          shared,
        }),
      'resolv.conf': () => resolvText(config, status),
      hostname: () => `${config.hostname}\n`,
    };
    // In place: the runtime has bound these very files by now.
    for (const file of this.own) writeFile(`${this.etcFolder}/${file}`, texts[file]());
  }

  /** What /etc/hosts begins with; undefined for what every container has. */
  private baseHosts(shared: boolean): string | undefined {
    const { hostsFile } = this.config.network;
    if (hostsFile === undefined) return shared ? readFileSync('/etc/hosts', 'utf8') : undefined;
    if (hostsFile === 'none') return '';
    if (hostsFile === 'image') return readInRoot(this.root, '/etc/hosts') ?? '';
    return readFileSync(hostsFile, 'utf8');
  }
}
