/** `system reset`: everything goes. In ROOT only what Proa made is deleted, wherever --root points. */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { hasCode, ProaError } from '../../core/error.ts';
import { waitForExit } from '../../core/process-handle.ts';
import { removeTree } from '../../core/sys/directory.ts';
import { AT_FDCWD, AT_REMOVEDIR, tryUnlinkAt } from '../../core/sys/file.ts';
import { MNT_DETACH, tryUnmount } from '../../core/sys/mount.ts';
import { stopUserNamespace } from '../../rootless/user-namespace.ts';
import { namespacePath, ROOT_FOLDERS, type Store } from '../../storage/store.ts';
import { listVolumes, needsMount } from '../../storage/volumes.ts';
import { conmonOf, listRunState } from '../container/run-state.ts';
import { removeContainer } from '../container/stop.ts';
import type { Engine } from '../engine.ts';
import { removeEverything } from '../network/host-network.ts';
import { lostAndFound } from './check/finding.ts';
import { wholeContainers } from './check/records.ts';
import { clearRunState } from './check/run-state.ts';

/** How long a conmon may take to end after its container (milliseconds). */
const CONMON_PATIENCE = 10_000;

/**
 * Kills and removes all containers, then deletes images, volumes, networks and all of Proa's folders.
 * @throws ProaError MOUNTED when something of the user's own is mounted in there: it is not deleted through
 */
export async function resetSystem(engine: Engine): Promise<void> {
  const { store } = engine;
  // Before anything is gone, and again before anything is deleted.
  const isOwn = ownMounts(store);
  refuseMounts(mountPointsBelow(ownFolders(store)).filter((point) => !isOwn(point)));
  const conmons = [...listRunState(store).keys()].map((id) => conmonOf(store, id));
  for (const { config } of wholeContainers(store)) {
    await removeContainer(engine, config.id, { force: true, volumes: true });
  }
  // What is left now has no container, or one whose record is unreadable.
  for (const id of readdirSync(`${store.root}/containers`)) removeTree(`${store.root}/containers/${id}`);
  for (const id of listRunState(store).keys()) await clearRunState(engine, id);
  // A conmon's last deed is to call us for its container's clean-up, which would make an empty store again.
  await Promise.all(conmons.map((conmon) => conmon && waitForExit(conmon, CONMON_PATIENCE)));
  await removeEverything(engine);
  if (engine.identity.rootless) stopUserNamespace({ runRoot: store.runRoot });

  const paths = ownFolders(store);
  detachMounts(mountPointsBelow(paths).filter(isOwn));
  refuseMounts(mountPointsBelow(paths));
  for (const path of paths) removeTree(path);
  // One with something else in it, or that is a mount point, stays.
  for (const folder of [store.root, store.runRoot]) tryUnlinkAt(AT_FDCWD, folder, AT_REMOVEDIR);
}

/** What the reset is about to delete, for the question before it. */
export function resetWarning(store: Store): string {
  return [
    'This will remove:',
    '        - all containers, and kill those that run',
    '        - all images',
    '        - all volumes with their data',
    '        - all secrets',
    '        - all networks',
    '        - the build cache',
    `        - the folders of Proa in ${store.root} and ${store.runRoot}`,
    ...(hasEntries(lostAndFound(store))
      ? [`        - what system check put aside in ${lostAndFound(store)}`]
      : []),
  ].join('\n');
}

/** What goes: all of RUNROOT, which holds nothing that is not ours, and what we made in ROOT. */
function ownFolders(store: Store): string[] {
  const tops = new Set(ROOT_FOLDERS.map((folder) => folder.split('/')[0]!));
  // As the kernel names mount points: without links on the way.
  const [root, runRoot] = [realpathSync(store.root), realpathSync(store.runRoot)];
  return [
    ...readdirSync(runRoot).map((name) => `${runRoot}/${name}`),
    ...pinnedElsewhere(store),
    ...[...tops, 'build-cache', 'builders', 'lost+found'].map((name) => `${root}/${name}`),
  ];
}

/** Network namespaces outside of RUNROOT. */
function pinnedElsewhere(store: Store): string[] {
  const [folder, ours] = [dirname(namespacePath(store, '')), basename(namespacePath(store, ''))];
  if (folder.startsWith(store.runRoot) || !existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith(ours))
    .map((name) => `${folder}/${name}`);
}

/**
 * Mount points of our own making: a container's root, its shared memory and other mounts, with what is mounted in them,
 * the root also where `mount` shows it, an image where `image mount` does, and a pinned network namespace.
 */
const OWN_MOUNT =
  /\/containers\/[0-9a-f]{64}\/(merged|mounts|shm)(\/|$)|\/(image-)?mounts\/[0-9a-f]{64}(\/|$)|\/netns\/(proa-)?([0-9a-f]{64}|rootless)$/;

/** Those, and volumes whose files are elsewhere, with what is mounted in them. */
function ownMounts(store: Store): (point: string) => boolean {
  const root = realpathSync(store.root);
  const volumes = listVolumes(store, [])
    .filter(needsMount)
    .map(({ name }) => `${root}/volumes/${name}/_data/`);
  return (point) => OWN_MOUNT.test(point) || volumes.some((volume) => `${point}/`.startsWith(volume));
}

function detachMounts(points: readonly string[]): void {
  // The last mounted first: a mount may lie in another one.
  for (const point of points.toReversed()) tryUnmount(point, MNT_DETACH);
}

function refuseMounts([point]: readonly string[]): void {
  if (point === undefined) return;
  throw new ProaError('MOUNTED', `delete ${point}: something is mounted there`, {
    hint: `umount ${point}, then proa system reset again`,
  });
}

function mountPointsBelow(paths: readonly string[]): string[] {
  return mountPoints().filter((point) =>
    paths.some((path) => point === path || point.startsWith(`${path}/`)),
  );
}

/** Of this mount namespace (proc_pid_mountinfo(5), field 5), in the order of mounting. */
export function mountPoints(): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' ')[4]!)
    .map((point) =>
      point.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    );
}

function hasEntries(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}
