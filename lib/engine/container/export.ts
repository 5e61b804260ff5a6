/** `export`: a container's files as one tar, without what its volumes and other mounts hold. */
import { AT_FDCWD, close, O, tryOpenAt } from '../../core/sys/file.ts';
import { check } from '../../core/sys/libc.ts';
import { TreeWalk } from '../../storage/tar/walk.ts';
import { writeTar } from '../../storage/tar/write.ts';
import type { Engine } from '../engine.ts';
import { openRootView } from './root-view.ts';

/** What Docker's archives have of extended attributes, and what users set themselves. */
export function isExportedXattr(name: string): boolean {
  return name === 'security.capability' || (name.startsWith('user.') && !name.startsWith('user.overlay.'));
}

/**
 * Yields the archive in chunks that are valid until the next is asked for; memory does not grow with the container.
 * @param id a full id
 * @throws ProaError CONTAINER_NOT_FOUND, LAYER_MISSING, …
 */
export async function* exportContainer(engine: Engine, id: string): AsyncGenerator<Uint8Array, void> {
  using view = await openRootView(engine, id, { mounts: false });
  const walk = new TreeWalk({ xattrs: isExportedXattr });
  const fd = check(tryOpenAt(AT_FDCWD, `/proc/self/fd/${view.fd}`, O.PATH), 'open', 'root');
  try {
    yield* writeTar(walk.members(fd, ''));
  } finally {
    close(fd);
  }
}
