/**
 * RUNROOT: what running containers have (bundle, mount, network namespace, address, ports, the runtime's own state,
 * exit files), for containers that do not run. A start that was killed half-way leaves some of it, and so does a
 * clean-up.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { hasCode } from '../../core/error.ts';
import { type ProcessHandle, processHandle, waitForExit } from '../../core/process-handle.ts';
import { tryFindProgram } from '../../core/programs.ts';
import { removeTree } from '../../core/sys/directory.ts';
import { AT_FDCWD, close, O, tryOpenAt } from '../../core/sys/file.ts';
import { LOCK_EX, LOCK_NB, tryFlock } from '../../core/sys/flock.ts';
import { namedContainers } from '../../netns/dns.ts';
import { listLeases } from '../../netns/leases.ts';
import { listNetworks } from '../../netns/networks.ts';
import { listReservations } from '../../netns/port-reservations.ts';
import { runtimeDelete } from '../../oci/runtime/runtime.ts';
import { bundlePath, containerPath, exitFilePath, mergedPath } from '../../storage/containers.ts';
import { unmountOverlay } from '../../storage/overlay.ts';
import { RUN_FOLDERS, type Store } from '../../storage/store.ts';
import { containersWithHeldVolumes } from '../../storage/volume-holders.ts';
import type { Engine } from '../engine.ts';
import { unwireWhatIsLeft } from '../network/host-network.ts';
import { watchPath } from './exit-watch.ts';
import { removeSharedMemory } from './namespaces.ts';
import { hideRoot } from './root-mount.ts';
import { containerRuntime } from './runtime.ts';
import { releaseVolumes, unmountSideMounts } from './side-mounts.ts';

/** How long conmon may take to write the exit code of a process that was killed (milliseconds). */
const CONMON_PATIENCE = 2_000;
/** How long the runtime may take to make a container (milliseconds). */
const CREATE_PATIENCE = 10_000;

/** Ids in RUNROOT, each with the kinds of things that are there of it. */
export function listRunState(store: Store): Map<string, Set<string>> {
  const { runRoot } = store;
  const found = new Map<string, Set<string>>();
  const note = (id: string, kind: string): void => {
    if (!/^[0-9a-f]{64}$/.test(id)) return;
    found.set(id, (found.get(id) ?? new Set()).add(kind));
  };
  for (const id of namesIn(`${runRoot}/containers`)) note(id, 'bundle');
  for (const id of namesIn(`${runRoot}/netns`)) note(id, 'network namespace');
  for (const name of namesIn(`${runRoot}/exits`)) {
    if (!isWatched(store, name.slice(0, 64))) note(name.slice(0, 64), 'exit file');
  }
  // One of a container that is here is a person's, who unmounts it when they like.
  for (const id of namesIn(`${runRoot}/mounts`))
    if (!existsSync(containerPath(store, id))) note(id, 'shown root');
  for (const runtime of runtimesIn(runRoot)) {
    for (const id of namesIn(`${runRoot}/${runtime}`)) note(id, `${runtime} state`);
  }
  for (const network of listNetworks(runRoot)) {
    for (const id of listLeases(runRoot, network).values()) note(id, 'address');
  }
  for (const id of namedContainers(runRoot)) note(id, 'name');
  for (const id of containersWithHeldVolumes(store)) note(id, 'mounted volume');
  for (const { id } of listReservations(runRoot)) note(id, 'port');
  return found;
}

/**
 * Takes down all that is in RUNROOT of a container that does not run, and kills what a start that was killed half-way
 * left of it. The container's own folder, when there is one, is not touched. The caller holds its lock.
 */
export async function clearLocked(engine: Engine, id: string): Promise<void> {
  const { store } = engine;
  const conmon = await settledConmon(store, id);
  for (const runtime of runtimesIn(store.runRoot)) {
    if (!existsSync(`${store.runRoot}/${runtime}/${id}`)) continue;
    const path = tryFindProgram(runtime) ?? engine.runtime;
    try {
      await runtimeDelete(containerRuntime(engine, { runtime: '' }, { runtime: path ?? runtime }), id);
    } catch (error) {
      // A build's runtime stays with its container, and deletes it itself when that is killed.
      if (existsSync(`${store.runRoot}/${runtime}/${id}`)) throw error;
    }
  }
  // Else conmon would write the exit file after we removed it.
  if (conmon !== undefined) await exitWritten(store, id, conmon);
  unmountOverlay(mergedPath(store, id));
  unmountSideMounts(store, id);
  await releaseVolumes(store, id);
  removeSharedMemory(store, id);
  if (!existsSync(containerPath(store, id))) hideRoot(store, id);
  await unwireWhatIsLeft(engine, id);
  if (existsSync(`${bundlePath(store, id)}/health-timer.json`)) {
    const { stopHealthTimer } = await import('../health/timer.ts');
    await stopHealthTimer(engine, id);
  }
  removeTree(bundlePath(store, id));
  if (!isWatched(store, id)) {
    rmSync(exitFilePath(store, id), { force: true });
    rmSync(watchPath(store, id), { force: true });
  }
}

/** Folders that OCI runtimes made for their state: `crun`, `runc`, or what --runtime was called. */
function runtimesIn(runRoot: string): string[] {
  return readdirSync(runRoot, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !RUN_FOLDERS.includes(entry.name))
    .map((entry) => entry.name);
}

/** True while a command waits for the container's exit code (exit-watch.ts). */
function isWatched(store: Store, id: string): boolean {
  const fd = tryOpenAt(AT_FDCWD, watchPath(store, id), O.RDWR);
  if (fd < 0) return false;
  const watched = tryFlock(fd, LOCK_EX | LOCK_NB) < 0;
  close(fd);
  return watched;
}

/** The conmon that a bundle names, while it lives. */
export function conmonOf(store: Store, id: string): ProcessHandle | undefined {
  const file = `${bundlePath(store, id)}/conmon.pid`;
  return existsSync(file) ? processHandle(Number(readFileSync(file, 'latin1'))) : undefined;
}

/**
 * The conmon of a start that was cut off, once it is known what came of it: with nobody to tell it otherwise it goes on
 * to have the container made, which is only found (and killed) when it is there.
 * @returns undefined when there is none, or it has nothing to write any more
 */
async function settledConmon(store: Store, id: string): Promise<ProcessHandle | undefined> {
  const bundle = bundlePath(store, id);
  if (!existsSync(bundle)) return undefined;
  const end = performance.now() + CREATE_PATIENCE;
  for (;;) {
    const { conmon, ended } = conmonAtWork(bundle, id);
    if (conmon === undefined || ended) return undefined;
    if (existsSync(`${bundle}/pidfile`) || performance.now() > end) return conmon;
    await waitForExit(conmon, 5);
  }
}

/**
 * A container's conmon by its arguments, for before it has forked it has not written its pid, and whether it has come
 * to its last deed, the exit command, which waits for the lock that we hold.
 */
function conmonAtWork(bundle: string, id: string): { conmon: ProcessHandle | undefined; ended: boolean } {
  let conmon: ProcessHandle | undefined;
  let ended = false;
  for (const pid of namesIn('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const words = argumentsOf(pid);
    if (words[words.indexOf('-b') + 1] === bundle) conmon ??= processHandle(Number(pid));
    else if (words.slice(-3).join(' ') === `container cleanup ${id}`) ended = true;
  }
  return { conmon, ended };
}

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return []; // it ended meanwhile, or is not ours to read
  }
}

async function exitWritten(store: Store, id: string, conmon: ProcessHandle): Promise<void> {
  const end = performance.now() + CONMON_PATIENCE;
  while (performance.now() < end && !existsSync(exitFilePath(store, id))) {
    // After a creation that failed there is none, and the exit command waits for us.
    if (conmonAtWork(bundlePath(store, id), id).ended || (await waitForExit(conmon, 20))) return;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
