/**
 * A container's files as it sees them itself, for commands that look into it or copy into it.
 *
 * - While it runs, its root is /proc/PID/root: what is mounted in there counts, whoever mounted it.
 * - At rest its root and volumes are mounted for us alone (mount-namespace.ts), with its lock held so that it does not
 *   start meanwhile. A crash leaves an empty folder in ROOT/tmp, which any sweep removes.
 *
 * All that is known of the root is a descriptor, and paths are resolved by the kernel with that as their `/` (openat2(2),
 * RESOLVE_IN_ROOT): a link in the container leads to a place in the container, even one that a process in there puts in
 * our way at the wrong moment. No program or library of the container is ever run or loaded for it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path/posix';
import { addContext, ProaError } from '../../core/error.ts';
import { isAlive } from '../../core/process-handle.ts';
import { makeFolderInRoot, openInRoot } from '../../core/rooted.ts';
import { Staging } from '../../core/staging.ts';
import { AT_FDCWD, close, O, open, tryOpenAt } from '../../core/sys/file.ts';
import { check, type PathLike } from '../../core/sys/libc.ts';
import { MNT_DETACH, MS, mount, tryUnmount } from '../../core/sys/mount.ts';
import { MountNamespace } from '../../core/sys/mount-namespace.ts';
import { RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, tryOpenAt2 } from '../../core/sys/openat2.ts';
import { S_IFDIR, S_IFMT, tryStatAt } from '../../core/sys/stat.ts';
import { mountFlags, ST } from '../../core/sys/statfs.ts';
import {
  type Container,
  type ContainerConfig,
  type ContainerMount,
  lockContainer,
  mergedPath,
  readContainer,
  shownPath,
} from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import { fileKey } from '../../storage/tar/walk.ts';
import { needsMount, readVolume } from '../../storage/volumes.ts';
import type { Engine } from '../engine.ts';
import { cleanUpContainer } from './cleanup.ts';
import { wordValue } from './mount-request.ts';
import { populateVolume } from './populate-volume.ts';
import { mountContainerRoot } from './root-mount.ts';
import { hasLivingProcess, needsCleanup } from './state.ts';

export interface RootView extends Disposable {
  readonly config: ContainerConfig;
  /** The root folder, opened with O_PATH. */
  readonly fd: number;
  /** Whether the container runs, so that what is seen may change meanwhile. */
  readonly running: boolean;
}

export interface ViewOptions {
  /** With volumes, bind mounts and, while it runs, all else that is mounted in it. */
  mounts: boolean;
}

/** How often a container may start and end again before we are in. */
const ATTEMPTS = 20;

/** @throws ProaError CONTAINER_NOT_FOUND, LAYER_MISSING, … */
export async function openRootView(engine: Engine, id: string, options: ViewOptions): Promise<RootView> {
  const { store } = engine;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const view = runningView(engine, existing(engine, id), options);
    if (view !== undefined) return view;
    using undo = new DisposableStack();
    undo.use(await lockContainer(store, id));
    const { config, state } = existing(engine, id);
    if (hasLivingProcess(state)) continue;
    if (needsCleanup(state)) {
      undo.dispose();
      await cleanUpContainer(engine, id);
      continue;
    }
    const resting = await restingView(engine, config, options);
    undo.use(resting);
    const held = undo.move();
    return { ...resting, [Symbol.dispose]: () => held.dispose() };
  }
  throw new ProaError(
    'CONTAINER_BUSY',
    `look into container ${id.slice(0, 12)}: it starts and ends all the time`,
  );
}

/** Opens what `path` names in the container, with it as root. Returns the descriptor or -errno. */
export function tryOpenIn(view: Pick<RootView, 'fd'>, path: PathLike, flags: number): number {
  return tryOpenAt2(view.fd, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

/**
 * The folders in a running container that show the kernel's and the engine's things and are no files of its own, by
 * {@link fileKey}.
 */
export function kernelFolders(view: RootView): Set<string> {
  const keys = new Set<string>();
  for (const path of ['/proc', '/sys', '/dev']) {
    const fd = tryOpenIn(view, path, O.PATH | O.DIRECTORY | O.NOFOLLOW);
    if (fd < 0) continue;
    const status = tryStatAt(fd, '');
    if (typeof status !== 'number' && status.isMountRoot) keys.add(fileKey(status));
    close(fd);
  }
  return keys;
}

function existing(engine: Engine, id: string): Container {
  const container = readContainer(engine.store, id);
  if (container !== undefined) return container;
  throw new ProaError('CONTAINER_NOT_FOUND', `find container ${id.slice(0, 12)}: no such container`);
}

function runningView(
  { store }: Engine,
  { config, state }: Container,
  options: ViewOptions,
): RootView | undefined {
  if (!hasLivingProcess(state)) return undefined;
  const path = options.mounts
    ? `/proc/${state.process!.pid}/root`
    : (config.rootfs ?? mergedPath(store, config.id));
  const fd = tryOpenAt(AT_FDCWD, path, O.PATH | O.DIRECTORY);
  if (isAlive(state.process)) {
    check(fd, 'open the root of container', config.name);
    return { config, fd, running: true, [Symbol.dispose]: () => close(fd) };
  }
  // It ended meanwhile, and the process number may be another's by now.
  if (fd >= 0) close(fd);
  return undefined;
}

/** The caller holds the container's lock. */
async function restingView(engine: Engine, config: ContainerConfig, options: ViewOptions): Promise<RootView> {
  const { store } = engine;
  using undo = new DisposableStack();
  // Before our namespace is made, so that it has them.
  if (options.mounts) await borrowVolumes(store, config, undo);
  const staging = undo.use(Staging.open(store.tmp, `view-${crypto.randomUUID()}`));
  const namespace = undo.use(MountNamespace.create());
  const fd = namespace.run(() => {
    const sources = config.mounts.map(({ source }) => source);
    letGoOfOthers([store.root, shownPath(store, config.id), config.rootfs ?? '/', ...sources]);
    mountContainerRoot(store, config, staging.path);
    return open(staging.path, O.PATH | O.DIRECTORY);
  });
  undo.defer(() => close(fd));
  if (options.mounts) {
    // As at a start, which will find the volumes in use and leave them as they are.
    for (const each of config.mounts) await populateVolume(store, each, `/proc/self/fd/${fd}`);
    namespace.run(() => {
      for (const each of inOrder(config.mounts)) attach(fd, each);
      if (config.readonlyRootfs) makeReadonly(fd);
    });
  }
  const held = undo.move();
  return { config, fd, running: false, [Symbol.dispose]: () => held.dispose() };
}

/** Mounts the volumes whose files are elsewhere. */
async function borrowVolumes(
  store: Store,
  { mounts }: ContainerConfig,
  undo: DisposableStack,
): Promise<void> {
  for (const { volume: name } of mounts) {
    const volume = name === undefined ? undefined : readVolume(store, name);
    if (volume === undefined || !needsMount(volume)) continue;
    const { borrowVolume } = await import('../volume/hold.ts');
    undo.use(borrowVolume(store, volume));
  }
}

/**
 * Unmounts, in our own namespace, what other containers live in: their root must not stay mounted because we look at
 * something, for a start would mount it a second time.
 * @param needed paths that must stay within reach
 */
function letGoOfOthers(needed: readonly string[]): void {
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    // proc_pid_mountinfo(5): the fifth field is the mount point, the first behind the dash the type.
    if (!/ - (overlay|nsfs) /.test(line)) continue;
    const point = line.split(' ')[4]!;
    const isNeeded = point === '/' || needed.some((path) => path === point || path.startsWith(`${point}/`));
    if (!isNeeded) tryUnmount(point, MNT_DETACH);
  }
}

/** A mount in another mount comes after it. */
function inOrder(mounts: readonly ContainerMount[]): ContainerMount[] {
  const depth = ({ destination }: ContainerMount): number => destination.split('/').length;
  return [...mounts].sort((a, b) => depth(a) - depth(b));
}

/** Shows a volume or bind mount in its place. A tmpfs is not there while the container is at rest. */
function attach(rootFd: number, { type, source, destination, options }: ContainerMount): void {
  // Without its source the container cannot start, but what else is in it can still be rescued.
  if ((type !== 'bind' && type !== 'volume') || !existsSync(source)) return;
  // What is written over a source is gone at rest, and the source itself is not for the container to change.
  if (options.includes('O')) return;
  const subpath = wordValue(options, 'subpath');
  using part = subpath === undefined ? undefined : openInRoot(source, subpath, O.PATH);
  if (subpath !== undefined && part === undefined) return;
  try {
    const shown = part?.path ?? source;
    const target = openMountPoint(rootFd, destination, shown);
    mount(shown, `/proc/self/fd/${target}`, '', MS.BIND | MS.REC);
    close(target);
    if (!options.includes('ro')) return;
    const mounted = check(tryOpenIn({ fd: rootFd }, destination, O.PATH), 'open', destination);
    makeReadonly(mounted);
    close(mounted);
  } catch (error) {
    throw addContext(error, `mount ${source} on ${destination}`);
  }
}

/** The place to mount on, made when it is missing, as a start makes it. */
function openMountPoint(rootFd: number, destination: string, source: string): number {
  const found = tryOpenIn({ fd: rootFd }, destination, O.PATH);
  if (found >= 0) return found;
  const root = `/proc/self/fd/${rootFd}`;
  const status = tryStatAt(AT_FDCWD, `${source}/.`);
  if (typeof status !== 'number' && (status.mode & S_IFMT) === S_IFDIR) makeFolderInRoot(root, destination);
  else {
    makeFolderInRoot(root, dirname(destination));
    const made = tryOpenAt2(
      rootFd,
      destination,
      O.WRONLY | O.CREAT,
      RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
      0o644,
    );
    close(check(made, 'create', destination));
  }
  return check(tryOpenIn({ fd: rootFd }, destination, O.PATH), 'open', destination);
}

function makeReadonly(fd: number): void {
  const path = `/proc/self/fd/${fd}`;
  // A user namespace may not take away what the mount has (mount_namespaces(7)); these bits are those of mount(2).
  const kept = mountFlags(path) & (ST.NOSUID | ST.NODEV | ST.NOEXEC | ST.NOATIME | ST.NODIRATIME);
  mount('none', path, '', MS.REMOUNT | MS.BIND | MS.RDONLY | kept);
}
