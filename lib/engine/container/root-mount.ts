/** A container's root file system: what it is made of, and where it is mounted. */
import { mkdirSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import { AT_FDCWD, AT_REMOVEDIR, tryMkdirAt, tryUnlinkAt } from '../../core/sys/file.ts';
import { MS, mount } from '../../core/sys/mount.ts';
import { tryStatAt } from '../../core/sys/stat.ts';
import { span } from '../../core/trace.ts';
import { type ContainerConfig, containerPath, mergedPath, shownPath } from '../../storage/containers.ts';
import { lowerDirs, requireLayers } from '../../storage/layers.ts';
import { mountOverlay, type OverlayMount, unmountOverlay } from '../../storage/overlay.ts';
import type { Store } from '../../storage/store.ts';

/**
 * The root of a container that is being started, where its runtime finds it. A folder of the user's own is used as it is.
 * @throws ProaError as {@link mountContainerRoot}
 */
export function mountStartedRoot(
  store: Store,
  config: ContainerConfig,
  mountLayers?: (mount: OverlayMount) => void,
): string {
  using _ = span('mount root');
  if (config.rootfs !== undefined) return config.rootfs;
  const target = mergedPath(store, config.id);
  unmountOverlay(target);
  tryMkdirAt(AT_FDCWD, target, 0o755);
  mountContainerRoot(store, config, target, mountLayers);
  return target;
}

/**
 * Mounts the root of a container that does not run. When `mount` shows it already, that very mount is used: two overlays
 * on one upper folder would not see each other's changes (overlayfs.rst, "Sharing and copying layers").
 * @param target an existing folder
 * @param mountLayers mounts the layers in another way than with their files' owners as they are
 * @throws ProaError LAYER_MISSING, or what the kernel refuses
 */
export function mountContainerRoot(
  store: Store,
  config: ContainerConfig,
  target: string,
  mountLayers: (mount: OverlayMount) => void = mountOverlay,
): void {
  const { id, rootfs, diffIds } = config;
  const shown = shownPath(store, id);
  const whole = rootfs ?? (isMountPoint(shown) ? shown : undefined);
  if (whole !== undefined) {
    mount(whole, target, '', MS.BIND);
    return;
  }
  requireLayers(store, diffIds);
  const own = containerPath(store, id);
  const lower = lowerDirs(store, diffIds);
  // An image without layers: overlayfs wants a lower folder all the same.
  if (lower.length === 0) {
    lower.push(`${own}/empty`);
    tryMkdirAt(AT_FDCWD, lower[0]!, 0o755);
  }
  mountLayers({
    lower,
    upper: { dir: `${own}/upper`, work: `${own}/work` },
    target,
    userxattr: store.xattrPrefix === 'user',
    context: config.selinux?.mount,
  });
}

/**
 * Shows a container's root, without its volumes, at a path of its own. The caller holds the container's lock.
 * @param running whether it is mounted for the container by now
 * @returns the path; the root file system itself with --rootfs
 */
export function showRoot(store: Store, config: ContainerConfig, running: boolean): string {
  if (config.rootfs !== undefined) return config.rootfs;
  const shown = shownPath(store, config.id);
  if (isMountPoint(shown)) return shown;
  mkdirSync(shown, { recursive: true, mode: 0o700 });
  if (running) mount(mergedPath(store, config.id), shown, '', MS.BIND);
  else mountContainerRoot(store, config, shown);
  return shown;
}

/** Ends {@link showRoot}; when it was not shown, nothing happens. */
export function hideRoot(store: Store, id: string): void {
  const shown = shownPath(store, id);
  unmountOverlay(shown);
  const result = tryUnlinkAt(AT_FDCWD, shown, AT_REMOVEDIR);
  if (result < 0 && result !== -2) {
    throw new ProaError('MOUNT_FOLDER_IN_USE', `remove ${shown}: it is not empty`);
  }
}

export function isShown(store: Store, id: string): boolean {
  return isMountPoint(shownPath(store, id));
}

export function isMountPoint(path: string): boolean {
  const status = tryStatAt(AT_FDCWD, path);
  return typeof status !== 'number' && status.isMountRoot;
}
