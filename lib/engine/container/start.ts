/**
 * `start`: mount → network namespace → specification → conmon and the runtime's create, with the network wired up
 * meanwhile → (the caller attaches) → the runtime's start. Whatever fails, what was done before is undone.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { writeFile } from '../../core/atomic-file.ts';
import { bootId } from '../../core/boot.ts';
import { addContext, isNoSpace, ProaError } from '../../core/error.ts';
import { processHandle } from '../../core/process-handle.ts';
import { span } from '../../core/trace.ts';
import { serializeSpec } from '../../oci/model/runtime-spec/spec.ts';
import { runtimeStart } from '../../oci/runtime/runtime.ts';
import {
  bundlePath,
  type Container,
  type ContainerConfig,
  type ContainerState,
  exitFilePath,
  lockContainer,
  readContainer,
  writeState,
} from '../../storage/containers.ts';
import type { NewEvent } from '../../storage/events.ts';
import type { Store } from '../../storage/store.ts';
import type { Engine } from '../engine.ts';
import { containerEvent, resourceEvents, tell } from '../events.ts';
import { isSplit } from './cgroup-path.ts';
import { cleanUpLocked } from './cleanup.ts';
import { makeIdentityFiles } from './identity-files.ts';
import { logLimit } from './log-driver.ts';
import { StartNamespaces, sharedMemory } from './namespaces.ts';
import { ContainerNetwork } from './network.ts';
import { readyVolume } from './populate-volume.ts';
import { mountStartedRoot } from './root-mount.ts';
import { clearLocked } from './run-state.ts';
import { containerRuntime } from './runtime.ts';
import { addCompiledFilter } from './seccomp-cache.ts';
import { ServiceManager } from './service-manager.ts';
import { needsPreparation } from './side-mounts.ts';
import { containerSpec } from './spec.ts';
import { createdPid, spawnConmon, writePidFiles } from './start-conmon.ts';
import { hasLivingProcess, isRunning, needsCleanup } from './state.ts';
import { makeTimezone } from './timezone.ts';
import type { UserNamespaceOfStart } from './user-namespace.ts';
import { makeWorkingFolder } from './working-folder.ts';

export interface StartHooks {
  /** The container exists and waits; its attach socket is there. What it prints from now on is not lost. */
  beforeStart?: () => Promise<void>;
  /** How many of our descriptors, from 3 on, the process gets. */
  preserveFds?: number;
  /** Leaves it at that: made, but not started. */
  initOnly?: boolean;
  /** From a checkpoint: it runs as soon as it is made. */
  restore?: { path: string; args: readonly string[] };
}

/**
 * Starts a container whose lock the caller holds.
 * @returns the new state; unchanged when it was running already
 * @throws ProaError COMMAND_NOT_FOUND (exit code 127), COMMAND_NOT_EXECUTABLE (126), RUNTIME_FAILED, PORT_IN_USE, …
 */
export async function startLocked(
  engine: Engine,
  id: string,
  hooks: StartHooks = {},
): Promise<ContainerState> {
  using _ = span('start container');
  const { store } = engine;
  const container = readContainer(store, id);
  if (container === undefined)
    throw new ProaError('CONTAINER_NOT_FOUND', `start container ${id}: no such container`);
  if (isRunning(container.state)) return container.state;
  if (hooks.initOnly && hasLivingProcess(container.state)) {
    throw new ProaError(
      'INITIALIZED',
      `initialize container ${container.config.name}: it is initialized already`,
    );
  }
  if (needsCleanup(container.state)) await cleanUpLocked(engine, container);
  const { config } = container;
  // Before those that it requires, for which it is not.
  const manager = ServiceManager.take(config);
  for (const required of config.requires ?? []) await startRequired(engine, config, required);
  try {
    if (hasLivingProcess(container.state)) return await releaseMade(engine, container, manager, hooks);
    return await start(engine, config, container.state, manager, hooks);
  } catch (error) {
    const failed = error instanceof ProaError ? error : addContext(error, 'start container');
    const exitCode = failed.exitCode === 125 ? 128 : failed.exitCode;
    const { process: _p, conmon: _c, network: _n, ...rest } = container.state;
    const status = rest.startedAt === undefined ? 'created' : 'exited';
    noteFailure(store, id, { ...rest, status, exitCode, error: failed.message });
    throw failed;
  }
}

/** A container of `--requires`. They were there before this one, so they never wait for each other. */
async function startRequired(engine: Engine, config: ContainerConfig, id: string): Promise<void> {
  if (readContainer(engine.store, id) === undefined) {
    throw new ProaError(
      'CONTAINER_NOT_FOUND',
      `start container ${config.name}: it requires ${id.slice(0, 12)}, which was removed`,
    );
  }
  using _ = await lockContainer(engine.store, id);
  await startLocked(engine, id);
}

/** A full disk, which may be the very reason of the failure, does not hold the note. */
function noteFailure(store: Store, id: string, state: ContainerState): void {
  try {
    writeState(store, id, state);
  } catch (error) {
    if (!isNoSpace(error)) throw error;
  }
}

async function start(
  engine: Engine,
  config: ContainerConfig,
  before: ContainerState,
  manager: ServiceManager,
  hooks: StartHooks,
): Promise<ContainerState> {
  const { store } = engine;
  const { id } = config;
  const bundle = bundlePath(store, id);
  // A start that was killed half-way left it, and perhaps a process that waits in it.
  if (existsSync(bundle)) await clearLocked(engine, id);
  rmSync(exitFilePath(store, id), { force: true });
  // Everything acquired here is given back unless the container runs in the end: as after a start that was killed.
  await using undo = new AsyncDisposableStack();
  undo.defer(async () => {
    await clearLocked(engine, id);
    // Our own caller may watch for it, and will not come to read it.
    rmSync(exitFilePath(store, id), { force: true });
  });
  mkdirSync(bundle, { recursive: true, mode: 0o700 });

  using joined = await StartNamespaces.open(engine, config);
  if (logLimit(config) !== undefined) {
    const { limitLog } = await import('./log-rotation.ts');
    limitLog(engine, config);
  }
  // It waits for its release; loading it goes on beside what follows here.
  // What was written to disk by one runtime is not for another.
  const runtime = containerRuntime(engine, config, hooks.restore && before);
  const split = isSplit(engine, config) ? await import('./split-cgroup.ts') : undefined;
  split?.enterSupervisor(engine, config.name);
  // Its first process has another owner than we, and systemd moves only a caller's own out of a session.
  if (config.idMaps && engine.identity.rootless)
    await (await import('./user-scope.ts')).enterUserScope(engine);
  using conmon = spawnConmon(engine, config, runtime, {
    preserveFds: Math.max(hooks.preserveFds ?? 0, manager.sockets),
    notifySocket: manager.relayed,
    restore: hooks.restore,
  });
  using owners = config.idMaps && (await openOwners(engine, config, joined));
  const root = mountStartedRoot(store, config, owners && ((mount) => owners.mountLayers(mount)));
  for (const mount of config.mounts) await readyVolume(store, id, mount, root, owners?.rootOutside);
  const mounts = config.mounts.some(needsPreparation)
    ? await (await import('./prepare-mounts.ts')).prepareMounts(engine, config, root, runtime.kind)
    : { mounts: config.mounts };
  const secrets = config.secrets && (await import('../secret/show.ts')).showSecrets(engine, config);
  makeWorkingFolder(config, root, owners);

  const network = new ContainerNetwork(engine, config, undefined);
  undo.defer(() => network.remove());
  if (config.network.links !== undefined) {
    const { resolveLinks } = await import('../network/links.ts');
    network.links = resolveLinks(store, config);
  }
  const namespaces = {
    ...joined.choices,
    ...owners?.choices,
    network: network.makeNamespace(owners?.networkPath),
  };
  const etc = {
    ...network.makeEtc(bundle, root),
    ...makeIdentityFiles(engine.identity, config, root, bundle),
    ...makeTimezone(config.timezone, bundle),
  };
  owners?.giveToRoot(Object.values(etc));
  const linked = network.links.flatMap(({ env }) => env);
  const own = linked.length === 0 ? config : { ...config, env: [...linked, ...config.env] };
  const spec = containerSpec(engine, own, {
    root,
    mounts,
    secrets,
    namespaces,
    ownNetwork: network.isOwn,
    etc,
    shm: sharedMemory(store, config),
    runtime: runtime.kind,
    payloadPath: split?.payloadPath(engine, id),
  });
  if (config.cdiDevices !== undefined) {
    const { injectDevices } = await import('./cdi.ts');
    injectDevices(spec, config.cdiDevices, engine.identity.rootless || config.idMaps !== undefined);
  }
  manager.addTo(spec, bundle);
  if (runtime.kind === 'crun') await addCompiledFilter(store, spec);
  writeFile(`${bundle}/config.json`, serializeSpec(spec), { mode: 0o600 });
  conmon.release();
  // While conmon and the runtime build the container on the other processor:
  await network.connect();
  const pid = await createdPid(engine, conmon, config, root);
  // Looked at before they can end.
  const first = processHandle(pid) ?? { pid, startTime: 0 };
  const monitor = await conmon.process();
  writePidFiles(config, pid, monitor?.pid);
  const made: ContainerState = {
    ...withoutEnd(before),
    status: 'initialized',
    bootId: bootId(),
    process: first,
    conmon: monitor,
    runtime: runtime.path,
    network: network.status,
  };
  // A container that runs without a record of it would be nobody's: without one, it goes.
  if (hooks.initOnly) writeState(store, id, made);
  const state = hooks.initOnly ? made : await release(engine, config, made, hooks);
  undo.move();
  if (!hooks.initOnly) manager.started(monitor?.pid);
  tell(
    store,
    ...resourceEvents(config, network.status, true),
    containerEvent(config, 'init'),
    ...(hooks.initOnly ? [] : [startEvent(config, hooks)]),
  );
  return state;
}

/** Starts the process of a container that was made in the runtime, and records that. */
async function release(
  engine: Engine,
  config: ContainerConfig,
  made: ContainerState,
  hooks: StartHooks,
): Promise<ContainerState> {
  await hooks.beforeStart?.();
  const startedAt = new Date().toISOString();
  if (hooks.restore === undefined) {
    using _ = span('runtime start');
    await runtimeStart(containerRuntime(engine, config, made), config.id);
  }
  const { health, ...kept } = made;
  const state: ContainerState = {
    ...kept,
    status: 'running',
    startedAt,
    ...(hooks.restore && { restoredAt: startedAt }),
  };
  if (config.healthcheck !== undefined) {
    const { startHealthChecks } = await import('../health/start.ts');
    await startHealthChecks(engine, config, state, health);
  }
  writeState(engine.store, config.id, state);
  return state;
}

/** {@link release} of one that an `init` made, which goes when that fails. */
async function releaseMade(
  engine: Engine,
  { config, state }: Container,
  manager: ServiceManager,
  hooks: StartHooks,
): Promise<ContainerState> {
  await using undo = new AsyncDisposableStack();
  undo.defer(() => clearLocked(engine, config.id));
  const running = await release(engine, config, state, hooks);
  undo.move();
  manager.started(running.conmon?.pid);
  tell(engine.store, startEvent(config, hooks));
  return running;
}

/** Podman's name for the start of one that was written to disk. */
function startEvent(config: ContainerConfig, { restore }: StartHooks): NewEvent {
  return containerEvent(config, restore === undefined ? 'start' : 'restore');
}

/** What a container's last end left in its record is not true of its new life; `health` is for {@link release}. */
function withoutEnd(before: ContainerState): ContainerState {
  const { error, exitCode, finishedAt, oomKilled, ...rest } = before;
  const { stopRequested, stoppedByShutdown, restartRequested, healthRestart, ...kept } = rest;
  return kept;
}

/** Of a container with a user namespace of its own. Such are rare: what it takes is loaded only for them. */
async function openOwners(
  engine: Engine,
  config: ContainerConfig,
  { choices }: StartNamespaces,
): Promise<UserNamespaceOfStart> {
  const { UserNamespaceOfStart } = await import('./user-namespace.ts');
  return UserNamespaceOfStart.open(engine, config, choices.user);
}
