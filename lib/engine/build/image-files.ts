/** An image's files as a container of it would see them, before any container is there. */

import { mkdirSync } from 'node:fs';
import { Staging } from '../../core/staging.ts';
import { close, O, open } from '../../core/sys/file.ts';
import { MountNamespace } from '../../core/sys/mount-namespace.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { lowerDirs, requireLayers } from '../../storage/layers.ts';
import { mountOverlay } from '../../storage/overlay.ts';
import type { Store } from '../../storage/store.ts';

export interface ImageFiles extends Disposable {
  /** The root folder, opened with O_PATH. */
  readonly fd: number;
}

/**
 * Mounts layers for us alone: the mount goes when we do, however we end.
 * @param diffIds the lowest first, leased by the caller; none is an empty root
 * @throws ProaError LAYER_MISSING, …
 */
export function openImageFiles(store: Store, diffIds: readonly Digest[]): ImageFiles {
  requireLayers(store, diffIds);
  using undo = new DisposableStack();
  const staging = undo.use(Staging.open(store.tmp, `files-${crypto.randomUUID()}`));
  const lower = lowerDirs(store, diffIds);
  // Without an upper folder the kernel wants two lower ones.
  for (const name of ['one', 'two'].slice(0, Math.max(0, 2 - lower.length))) {
    lower.push(`${staging.path}/${name}`);
    mkdirSync(lower.at(-1)!, { mode: 0o755 });
  }
  const target = `${staging.path}/root`;
  mkdirSync(target);
  const namespace = undo.use(MountNamespace.create());
  const fd = namespace.run(() => {
    mountOverlay({ lower, target, userxattr: store.xattrPrefix === 'user' });
    return open(target, O.PATH | O.DIRECTORY);
  });
  undo.defer(() => close(fd));
  const held = undo.move();
  return { fd, [Symbol.dispose]: () => held.dispose() };
}
