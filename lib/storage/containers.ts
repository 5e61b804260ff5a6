/**
 * ROOT/containers/ID/{config.json,state.json,upper/,work/,…}: one container. config.json says what was asked for and
 * changes rarely; state.json says what happened to it. Writers hold the lock of the container's folder; readers take
 * none and believe a process only after asking the kernel (see lib/engine/container-state.ts).
 */
import { readdirSync, statSync } from 'node:fs';
import { readRecord, writeRecord } from '../core/atomic-file.ts';
import { hasCode, ProaError } from '../core/error.ts';
import { type Lock, lock } from '../core/lock.ts';
import type { ProcessHandle } from '../core/process-handle.ts';
import { discard, Staging } from '../core/staging.ts';
import { AT_FDCWD, tryMkdirAt } from '../core/sys/file.ts';
import { check } from '../core/sys/libc.ts';
import type { Digest } from '../oci/model/digest.ts';
import type { Healthcheck } from '../oci/model/image-config.ts';
import type { LimitOptions } from '../oci/model/runtime-spec/resources.ts';
import type { ContainerOptions } from './container-options.ts';
import type { HealthOptions, HealthState } from './health.ts';
import type { BadRecord } from './images.ts';
import { resolveName } from './names.ts';
import type { Store } from './store.ts';

/** A mount as it was resolved at creation; a volume's source is its `_data` folder, an image's its name. */
export interface ContainerMount {
  type: 'bind' | 'volume' | 'tmpfs' | 'image' | 'devpts' | 'ramfs';
  source: string;
  destination: string;
  /** The words of `-v` (ro, rprivate, noexec, U, O, subpath=…) and of mount(8) for a tmpfs (size=…). */
  options: string[];
  /** The volume's name, and its driver when that is not `local`. */
  volume?: string;
  driver?: 'image';
  /** The image whose files are shown. */
  image?: { id: Digest; diffIds: Digest[] };
  /** Which option asked for it; `from`: --volumes-from. Records of before have none. */
  origin?: 'volume' | 'mount' | 'tmpfs' | 'image' | 'from' | undefined;
}

export interface RestartPolicy {
  name: 'no' | 'on-failure' | 'always' | 'unless-stopped';
  /** Of on-failure; 0 is no limit. */
  maximumRetryCount: number;
}

/** A port to publish, as the network room's parsePublish makes it. */
export interface PortRequest {
  protocol: 'tcp' | 'udp' | 'sctp';
  /** '' for all addresses of the host. */
  hostIp: string;
  /** The first free port of the range is used; left out: any free port, chosen at each start. */
  hostPorts?: { first: number; last: number };
  containerPort: number;
}

export type {
  ContainerOptions,
  ContainerSecret,
  DeviceRequest,
  IdMaps,
  NamespaceKind,
} from './container-options.ts';
export type { HealthOptions, StartupCheck } from './health.ts';

/** A container's place in one network, as it was asked for. */
export interface NetworkAttachment {
  /** `bridge`, or that of a record in ROOT/networks. */
  name: string;
  ip?: string;
  ip6?: string;
  mac?: string;
  /** The interface's name in the container. */
  interfaceName?: string;
  /** What it is called in this network besides its own name. */
  aliases?: string[];
}

/** `--link`: another container, and what it is called in this one. */
export interface ContainerLink {
  /** The other's full id. */
  id: string;
  alias: string;
}

/** What was asked of the network, and of the files in /etc that tell of it. */
export interface ContainerNetworkConfig {
  /** bridge, host, none, pasta, slirp4netns, `container:ID`, `ns:PATH`, or the name of its first network */
  mode: string;
  /** Left out: what the mode says alone, with the members below. */
  networks?: NetworkAttachment[];
  links?: ContainerLink[];
  ports: PortRequest[];
  /** Exposed ports that are not published otherwise get any free port of the host. */
  publishAll?: boolean;
  /** Each, when given, replaces the host's; `none` as only server: the image's resolv.conf is left alone. */
  dns?: { servers?: string[]; search?: string[]; options?: string[] };
  /** Lines for /etc/hosts; the ip `host-gateway` is the host as seen from the container. */
  extraHosts?: { name: string; ip: string }[];
  /** The image's /etc/hosts is left alone. */
  noHosts?: boolean;
  /** What /etc/hosts begins with: a file of the host, `image`, or `none`. */
  hostsFile?: string;
  noHostname?: boolean;
  ip?: string;
  mac?: string;
  /** Its name in the container. */
  interfaceName?: string;
  /** For pasta (arguments) or slirp4netns (`mtu=1400`). */
  helperOptions?: string[];
}

/** `--log-driver` and `--log-opt`, checked at creation (engine/container/log-options.ts). */
export interface LogConfig {
  driver: 'k8s-file' | 'json-file' | 'local' | 'journald' | 'none' | 'passthrough';
  options: Record<string, string>;
}

export interface ContainerConfig extends ContainerOptions {
  version: 1;
  id: string;
  name: string;
  /** RFC 3339 with nanoseconds. */
  created: string;
  /** The image's id and the name it was asked by; absent with --rootfs. */
  image?: { id: Digest; name: string };
  /** An unpacked root file system of the user's own. */
  rootfs?: string;
  /** Bottom layer first. */
  diffIds: Digest[];
  entrypoint: string[];
  command: string[];
  env: string[];
  workingDir: string;
  /** USER[:GROUP] as given; empty is root. */
  user: string;
  hostname: string;
  tty: boolean;
  openStdin: boolean;
  /** The end of the first attached client's input ends the container's (Docker's StdinOnce). */
  stdinOnce: boolean;
  autoRemove: boolean;
  detachKeys?: string;
  labels: Record<string, string>;
  mounts: ContainerMount[];
  /** As `--volumes-from` had it; what came of it is among the mounts. */
  volumesFrom?: string[];
  network: ContainerNetworkConfig;
  privileged: boolean;
  readonlyRootfs: boolean;
  init: boolean;
  capAdd: string[];
  capDrop: string[];
  securityOpt: string[];
  ulimits: string[];
  resources: LimitOptions;
  stopSignal: string;
  /** Seconds. */
  stopTimeout: number;
  restart: RestartPolicy;
  /** Name or path given by --runtime; empty lets Proa choose. */
  runtime: string;
  exposedPorts: string[];
  healthcheck?: Healthcheck;
  /** What Docker's Healthcheck has no member for. */
  health?: HealthOptions;
  /** Left out: a k8s-file in the container's folder, without a limit. */
  logging?: LogConfig;
  /** How the container was created, for inspect. */
  createCommand: string[];
}

/** All layers that a container needs: its own, and those of images that are mounted in it. */
export function layersOf({ diffIds, mounts }: ContainerConfig): Digest[] {
  // A damaged record may lack them; that is for `system check` to say.
  return [...diffIds, ...(mounts ?? []).flatMap(({ image }) => image?.diffIds ?? [])];
}

/** `initialized`: made in the OCI runtime, its first process waits for the start (`proa init`). */
export type ContainerStatus = 'created' | 'initialized' | 'running' | 'paused' | 'exited';

export interface ContainerState {
  version: 1;
  status: ContainerStatus;
  /** The boot that `process`, `conmon` and `network` belong to. */
  bootId?: string;
  process?: ProcessHandle;
  conmon?: ProcessHandle;
  /** The OCI runtime's program that this run was made with. */
  runtime?: string;
  /** RFC 3339. */
  startedAt?: string;
  finishedAt?: string;
  exitCode?: number;
  oomKilled?: boolean;
  /** When it was last written to disk by `checkpoint`, and made to run from there; RFC 3339. */
  checkpointedAt?: string;
  restoredAt?: string;
  /** Why the last start failed. */
  error?: string;
  restartCount: number;
  /** `stop`, `kill` or `rm` asked for its end: the restart policy is not applied (unless the engine restarts). */
  stopRequested?: boolean;
  /** The machine's shutdown asked for its end, not a person: `unless-stopped` starts it again at boot. */
  stoppedByShutdown?: boolean;
  /** `restart` asked for its end: it starts again at once, so --rm does not remove it meanwhile. */
  restartRequested?: boolean;
  /** A failed health check asked for its end, and for a start after that, whatever its restart policy. */
  healthRestart?: boolean;
  /** As it was at the end of the last run; of a running container it is in the bundle (health.ts). */
  health?: HealthState;
  /** What the network room needs to take the network down again. */
  network?: Readonly<Record<string, unknown>>;
}

export interface Container {
  config: ContainerConfig;
  state: ContainerState;
}

export function containerPath(store: Store, id: string): string {
  return `${store.root}/containers/${id}`;
}

/** The container's bundle: OCI spec, merged root, conmon's pipes and sockets. */
export function bundlePath(store: Store, id: string): string {
  return `${store.runRoot}/containers/${id}`;
}

export function mergedPath(store: Store, id: string): string {
  return `${bundlePath(store, id)}/merged`;
}

/** Where `mount` shows the container's root to a person, whether or not it runs. */
export function shownPath(store: Store, id: string): string {
  return `${store.runRoot}/mounts/${id}`;
}

/** Mounts of ours that are shown in the container, such as images, each named by its number. */
export function sideMountsPath(store: Store, id: string): string {
  return `${bundlePath(store, id)}/mounts`;
}

export function logPath(store: Store, id: string): string {
  return `${containerPath(store, id)}/container.log`;
}

/** Where conmon writes the exit code. */
export function exitFilePath(store: Store, id: string): string {
  return `${store.runRoot}/exits/${id}`;
}

/** 64 hex digits, as Docker's. */
export function newContainerId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex');
}

/** Makes the container's folder under construction. Its name claim counts from here on. */
export function stageContainer(store: Store, id: string): Staging {
  using made = new DisposableStack();
  const staging = made.use(Staging.open(store.tmp, id));
  for (const folder of ['upper', 'work']) {
    check(tryMkdirAt(AT_FDCWD, `${staging.path}/${folder}`, 0o755), 'create folder', folder);
  }
  made.move();
  return staging;
}

/** Writes the record and publishes. What need not survive a power cut (--rm) is not waited for. */
export function publishContainer(store: Store, staging: Staging, config: ContainerConfig): Lock {
  const sync = !config.autoRemove;
  // Nothing has happened to it yet, so there is no state.json.
  writeRecord(`${staging.path}/config.json`, config, { sync, mode: 0o600 });
  return staging.publish(containerPath(store, config.id), { sync });
}

/** @throws ProaError ENOENT when the container is gone */
export function lockContainer(store: Store, id: string): Promise<Lock> {
  return lock(containerPath(store, id));
}

/** The records, or undefined when there is no such container. `id` is a full id. */
export function readContainer(store: Store, id: string): Container | undefined {
  const folder = containerPath(store, id);
  const config = readRecord<ContainerConfig>(`${folder}/config.json`);
  if (config === undefined) return undefined;
  return { config, state: readState(`${folder}/state.json`) };
}

function readState(file: string): ContainerState {
  try {
    return readRecord<ContainerState>(file) ?? { version: 1, status: 'created', restartCount: 0 };
  } catch (error) {
    // Its writers do not wait for the disk, and a file system may keep a name and lose the bytes when the power goes
    // (ext4(5), auto_da_alloc). Such a state is of a container that ran in a boot that is over.
    if (!hasCode(error, 'CORRUPT_RECORD') || statSync(file).size > 0) throw error;
    return { version: 1, status: 'running', restartCount: 0 };
  }
}

export function writeState(store: Store, id: string, state: ContainerState): void {
  writeRecord(`${containerPath(store, id)}/state.json`, state);
}

export function writeConfig(store: Store, config: ContainerConfig): void {
  writeRecord(`${containerPath(store, config.id)}/config.json`, config, { sync: true, mode: 0o600 });
}

/** Takes the container out of sight and deletes it. The caller holds its lock and has unmounted it. */
export function discardContainer(store: Store, id: string): void {
  discard(containerPath(store, id), store.tmp);
}

/** All containers; unreadable ones go to `bad`, or throw when there is no `bad`. */
export function listContainers(store: Store, bad?: BadRecord[]): Container[] {
  const containers: Container[] = [];
  for (const id of readdirSync(`${store.root}/containers`)) {
    try {
      const container = readContainer(store, id);
      if (container !== undefined) containers.push(container);
    } catch (error) {
      if (bad === undefined || !(error instanceof ProaError)) throw error;
      bad.push({ file: containerPath(store, id), error });
    }
  }
  return containers;
}

/** The full id of the container that was created last. @throws ProaError CONTAINER_NOT_FOUND when there is none */
export function latestContainer(store: Store): string {
  let latest: ContainerConfig | undefined;
  for (const { config } of listContainers(store, [])) {
    if (latest === undefined || config.created > latest.created) latest = config;
  }
  if (latest !== undefined) return latest.id;
  throw new ProaError('CONTAINER_NOT_FOUND', 'find latest container: there are no containers');
}

/**
 * Finds a container's full id by id, name, or unique id prefix, in Docker's order.
 * @throws ProaError CONTAINER_NOT_FOUND; AMBIGUOUS listing the candidates
 */
export function resolveContainer(store: Store, text: string): string {
  const exists = (id: string): boolean => readRecordExists(store, id);
  if (/^[0-9a-f]{64}$/.test(text) && exists(text)) return text;
  const named = resolveName(store, text.replace(/^\//, ''));
  if (named !== undefined && exists(named)) return named;
  if (/^[0-9a-f]{1,63}$/.test(text)) {
    const matches = readdirSync(`${store.root}/containers`).filter((id) => id.startsWith(text));
    if (matches.length === 1) return matches[0]!;
    if (matches.length > 1) {
      const candidates = matches.map((id) => candidateText(store, id)).join(', ');
      throw new ProaError('AMBIGUOUS', `find container ${text}: several ids begin with it: ${candidates}`);
    }
  }
  throw new ProaError('CONTAINER_NOT_FOUND', `find container ${text}: no such container`, {
    hint: 'proa ps -a lists all containers',
  });
}

/** `0123456789ab (web)` */
function candidateText(store: Store, id: string): string {
  const short = id.slice(0, 12);
  try {
    const name = readContainer(store, id)?.config.name;
    return name === undefined ? short : `${short} (${name})`;
  } catch {
    return short; // unreadable: `proa ps` says so
  }
}

function readRecordExists(store: Store, id: string): boolean {
  try {
    return readdirSync(containerPath(store, id)).length > 0;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}
