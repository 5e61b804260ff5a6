/** Namespaces that a container does not have of its own: the host's, another container's, or one at a path. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import { close, O, open } from '../../core/sys/file.ts';
import { MS, mount } from '../../core/sys/mount.ts';
import { DEFAULT_SHM_SIZE, shmOptions } from '../../oci/model/runtime-spec/mounts.ts';
import type { NamespaceChoice, NamespaceChoices } from '../../oci/model/runtime-spec/namespaces.ts';
import type { SpecInput } from '../../oci/model/runtime-spec/spec.ts';
import {
  bundlePath,
  type Container,
  type ContainerConfig,
  type ContainerOptions,
  lockContainer,
  type NamespaceKind,
  readContainer,
  resolveContainer,
} from '../../storage/containers.ts';
import { unmountOverlay } from '../../storage/overlay.ts';
import type { Store } from '../../storage/store.ts';
import type { Engine } from '../engine.ts';
import { isRunning } from './state.ts';

/** What the options take, for the errors. */
const MODES: Readonly<Record<NamespaceKind, readonly string[]>> = {
  pid: ['host', 'private'],
  ipc: ['host', 'none', 'private', 'shareable'],
  uts: ['host', 'private'],
  cgroup: ['host', 'private'],
  user: ['host', 'private', 'keep-id', 'auto', 'nomap'],
};
const FLAGS: Readonly<Record<NamespaceKind, string>> = {
  pid: '--pid',
  ipc: '--ipc',
  uts: '--uts',
  cgroup: '--cgroupns',
  user: '--userns',
};

/** @throws ProaError INVALID_OPTION for a mode that the kind does not have */
export function checkNamespaceMode(kind: NamespaceKind, text: string): void {
  const word = text.split(':', 1)[0]!;
  if (MODES[kind].includes(text) || (kind === 'user' && MODES.user.includes(word))) return;
  if (/^(container|ns):./.test(text)) return;
  throw new ProaError(
    'INVALID_OPTION',
    `invalid argument ${JSON.stringify(text)} for ${FLAGS[kind]}: no such mode`,
    {
      hint: `One of: ${MODES[kind].join(', ')}, container:CONTAINER, ns:PATH`,
    },
  );
}

/** The container of `container:ID`. */
export function donorOf(mode: string | undefined): string | undefined {
  return mode?.startsWith('container:') ? mode.slice('container:'.length) : undefined;
}

/**
 * The modes as a record keeps them: containers by their full ids, and `private` left out where it is the default.
 * @throws ProaError CONTAINER_NOT_FOUND, NOT_SHAREABLE, NAMESPACE_MISSING
 */
export function resolveNamespaces(
  store: Store,
  modes: NonNullable<ContainerOptions['namespaces']>,
): NonNullable<ContainerOptions['namespaces']> {
  const resolved: NonNullable<ContainerOptions['namespaces']> = {};
  for (const [kind, mode] of Object.entries(modes) as [NamespaceKind, string][]) {
    checkNamespaceMode(kind, mode);
    if (mode === 'private') continue;
    const donor = donorOf(mode);
    if (mode.startsWith('ns:')) requireNamespaceFile(kind, mode.slice('ns:'.length));
    resolved[kind] = donor === undefined ? mode : `container:${requireDonor(store, kind, donor)}`;
  }
  return resolved;
}

function requireNamespaceFile(kind: NamespaceKind, path: string): void {
  if (existsSync(path)) return;
  throw new ProaError('NAMESPACE_MISSING', `use ${FLAGS[kind]} namespace ${path}: no such file`);
}

function requireDonor(store: Store, kind: NamespaceKind, name: string): string {
  const id = resolveContainer(store, name);
  if (kind === 'ipc') requireShareable(store, id);
  return id;
}

function requireShareable(store: Store, id: string): void {
  const config = readContainer(store, id)?.config;
  if (config === undefined || config.namespaces?.ipc === 'shareable') return;
  throw new ProaError(
    'NOT_SHAREABLE',
    `join IPC namespace of container ${config.name}: it is not shareable`,
    {
      hint: `create ${config.name} with --ipc=shareable`,
    },
  );
}

/** The name that the container sees as its own. */
export function namespaceHostname(store: Store, uts: string | undefined): string | undefined {
  if (uts === 'host') return readFileSync('/proc/sys/kernel/hostname', 'utf8').trim();
  const donor = donorOf(uts);
  return donor === undefined ? undefined : readContainer(store, donor)?.config.hostname;
}

/**
 * The namespaces of a container that is about to start. Those of other containers are held open from the moment in
 * which these are known to run, so that they are the ones that are joined; disposed after the runtime has joined them.
 */
export class StartNamespaces implements Disposable {
  readonly choices: NamespaceChoices = {};
  private readonly files = new DisposableStack();

  private constructor() {}

  /** @throws ProaError NOT_RUNNING naming the container, NAMESPACE_MISSING */
  static async open(engine: Engine, config: ContainerConfig): Promise<StartNamespaces> {
    using made = new DisposableStack();
    const namespaces = made.use(new StartNamespaces());
    for (const [kind, mode] of Object.entries(config.namespaces ?? {}) as [NamespaceKind, string][]) {
      const choice = await namespaces.choose(engine.store, config.name, kind, mode);
      if (choice !== undefined) namespaces.choices[kind] = choice;
    }
    made.move();
    return namespaces;
  }

  private async choose(
    store: Store,
    name: string,
    kind: NamespaceKind,
    mode: string,
  ): Promise<NamespaceChoice | undefined> {
    if (mode === 'host') return 'host';
    if (mode.startsWith('ns:')) {
      const path = mode.slice('ns:'.length);
      requireNamespaceFile(kind, path);
      return { path };
    }
    const donor = donorOf(mode);
    if (donor === undefined) return undefined;
    const container = await readStarted(store, donor);
    const fail = (why: string, hint?: string): ProaError =>
      new ProaError('NOT_RUNNING', `start container ${name}: join ${kind} namespace of container ${why}`, {
        hint,
      });
    if (container === undefined) throw fail(`${donor.slice(0, 12)}: it was removed`);
    const other = container.config.name;
    if (!isRunning(container.state)) throw fail(`${other}: it is not running`, `proa start ${other}`);
    const fd = open(`/proc/${container.state.process!.pid}/ns/${kind}`, O.RDONLY);
    this.files.defer(() => close(fd));
    // The pid was still the container's when its file was open.
    if (!isRunning(container.state)) throw fail(`${other}: it ended this moment`, `proa start ${other}`);
    return { path: `/proc/${process.pid}/fd/${fd}` };
  }

  [Symbol.dispose](): void {
    this.files.dispose();
  }
}

/**
 * A container, after a start of it that is going on: `start A B` starts both at once. Whoever holds our lock never waits
 * for this one's, as a container joins only those that were there before it.
 */
async function readStarted(store: Store, id: string): Promise<Container | undefined> {
  const container = readContainer(store, id);
  if (container === undefined || isRunning(container.state)) return container;
  using _ = await lockContainer(store, id);
  return readContainer(store, id);
}

/** Where a container's /dev/shm is on the host, when others may join it. */
export function sharedMemoryPath(store: Store, id: string): string {
  return `${bundlePath(store, id)}/shm`;
}

/**
 * /dev/shm as the specification wants it. A shareable one is mounted here, on the host's side, for a mount inside the
 * container's own mount namespace could not be shown in another one (mount_namespaces(7)).
 */
export function sharedMemory(store: Store, config: ContainerConfig): SpecInput['shm'] {
  const ipc = config.namespaces?.ipc;
  const size = config.shmSize ?? DEFAULT_SHM_SIZE;
  if (ipc === 'none') return 'none';
  const donor = donorOf(ipc);
  if (donor !== undefined) return { source: sharedMemoryPath(store, donor) };
  if (ipc !== 'shareable') return size;
  const path = sharedMemoryPath(store, config.id);
  mkdirSync(path);
  const data = shmOptions(size).filter((option) => option.includes('='));
  if (config.selinux !== undefined) data.push(`context="${config.selinux.mount}"`);
  mount('shm', path, 'tmpfs', MS.NOSUID | MS.NODEV | MS.NOEXEC, data.join(','));
  return { source: path };
}

/** Takes a shareable /dev/shm away; whoever joined it keeps it until their end. */
export function removeSharedMemory(store: Store, id: string): void {
  unmountOverlay(sharedMemoryPath(store, id));
}
