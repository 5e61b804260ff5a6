/** A container's network between create and clean-up: its namespace, its interface, and its files in /etc. */
import { readFileSync } from 'node:fs';
import { writeFile } from '../../core/atomic-file.ts';
import { waitForExit } from '../../core/process-handle.ts';
import { span } from '../../core/trace.ts';
import { containerHosts } from '../../netns/hosts.ts';
import { createNamespace, pinNamespace } from '../../netns/namespace.ts';
import { type NetworkMode, type NetworkStatus, setUpNetwork, tearDownNetwork } from '../../netns/network.ts';
import type { PortMapping } from '../../netns/ports.ts';
import { containerResolvConf } from '../../netns/resolv-conf.ts';
import type { NamespaceChoice } from '../../oci/model/runtime-spec/namespaces.ts';
import { type ContainerConfig, type ContainerState, readContainer } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import type { Engine } from '../engine.ts';
import { isRunning, needsCleanup } from './state.ts';

/** How long pasta may take to end, and with it to let go of the ports (milliseconds). */
const HELPER_PATIENCE = 1_000;

const ETC_FILES = ['hosts', 'resolv.conf', 'hostname'] as const;

export class ContainerNetwork {
  private etcFolder: string | undefined;

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

  get mode(): NetworkMode {
    return this.config.network.mode as NetworkMode;
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
    using _ = span('network namespace');
    if (source === undefined) createNamespace(this.path);
    else pinNamespace(this.path, source);
    return { path: this.path };
  }

  /** Makes the files that are shown in /etc. Only the connected network knows their content, see {@link connect}. */
  makeEtc(folder: string): Record<string, string> {
    this.etcFolder = folder;
    const files = Object.fromEntries(ETC_FILES.map((name) => [name, `${folder}/${name}`]));
    for (const file of Object.values(files)) writeFile(file, '');
    return files;
  }

  /** Wires the namespace up and fills in the files. */
  async connect(): Promise<void> {
    using _ = span('connect network');
    const { store } = this.engine;
    this.state = await setUpNetwork({
      id: this.config.id,
      mode: this.mode,
      ports: this.config.network.ports as PortMapping[],
      runRoot: store.runRoot,
      netnsPath: this.path,
      containers: { isAlive: (id) => mayHold(store, id), describe: (id) => nameOf(store, id) },
    });
    this.fillEtc(this.state);
  }

  /** Takes everything down; its ports are free then. Repeating it, or doing it after a crash, is fine. */
  async remove(): Promise<void> {
    if (this.mode === 'host') return;
    using _ = span('remove network');
    const { runRoot } = this.engine.store;
    tearDownNetwork({ id: this.config.id, runRoot, netnsPath: this.path, status: this.state });
    const { helper, ports = [] } = this.state ?? {};
    if (helper !== undefined && ports.length > 0) await waitForExit(helper, HELPER_PATIENCE);
  }

  private get path(): string {
    return `${this.engine.store.runRoot}/netns/${this.config.id}`;
  }

  private fillEtc(status: NetworkStatus): void {
    if (this.etcFolder === undefined) return;
    const { hostname, name, id } = this.config;
    const names = [...new Set([hostname, name, id.slice(0, 12)])];
    const { hostAddress, nameservers } = status;
    const host = status.mode === 'host';
    const texts: Record<(typeof ETC_FILES)[number], string> = {
      hosts: containerHosts({ ip: status.ip, names, hostAddress, base: host ? hostFile() : undefined }),
      'resolv.conf': containerResolvConf({ offered: nameservers, shared: host, ipv6: host }),
      hostname: `${hostname}\n`,
    };
    // In place: the runtime has bound these very files by now.
    for (const file of ETC_FILES) writeFile(`${this.etcFolder}/${file}`, texts[file]);
  }
}

/** Whether a container may still hold addresses and ports: it runs, or its clean-up is to come. */
function mayHold(store: Store, id: string): boolean {
  const container = readContainer(store, id);
  // Without a record of running it may be on its way up: its folder stands, so its start or its failure will tell.
  return (
    container !== undefined &&
    (isRunning(container.state) || needsCleanup(container.state) || container.state.status === 'created')
  );
}

function nameOf(store: Store, id: string): string {
  return readContainer(store, id)?.config.name ?? id.slice(0, 12);
}

function hostFile(): string {
  return readFileSync('/etc/hosts', 'utf8');
}
