/**
 * Mounts beside the container's root that we make and the runtime only binds: image mounts, overlays over a volume or a
 * host folder, parts of a volume. They are RUNROOT/containers/ID/mounts/N; what is written into an overlay is in
 * ROOT/containers/ID/overlays/N, for RUNROOT may be a tmpfs. Both go when the container ends.
 */
import { existsSync, readdirSync } from 'node:fs';
import { removeTree } from '../../core/sys/directory.ts';
import { type ContainerMount, containerPath, sideMountsPath } from '../../storage/containers.ts';
import { unmountOverlay } from '../../storage/overlay.ts';
import type { Store } from '../../storage/store.ts';
import { volumesHeldBy } from '../../storage/volume-holders.ts';

/** Whether there is anything to do for a mount before the runtime makes it. */
export function needsPreparation({ type, options }: ContainerMount): boolean {
  return (
    type === 'image' || options.some((word) => /^(O|U|r?shared|r?slave|(subpath|idmap)(=.*)?)$/.test(word))
  );
}

export function overlaysPath(store: Store, id: string): string {
  return `${containerPath(store, id)}/overlays`;
}

/** Takes them all away; none is fine. */
export function unmountSideMounts(store: Store, id: string): void {
  const folder = sideMountsPath(store, id);
  if (!existsSync(folder)) return;
  // A part of an image (N.part) is a mount of its own.
  for (const name of readdirSync(folder)) unmountOverlay(`${folder}/${name}`);
  removeTree(overlaysPath(store, id));
}

/** Volumes whose files are elsewhere, and that were mounted for it. Few have any: what it takes is loaded only for them. */
export async function releaseVolumes(store: Store, id: string): Promise<void> {
  const names = volumesHeldBy(store, id);
  if (names.length === 0) return;
  const { releaseVolume } = await import('../volume/hold.ts');
  for (const name of names) releaseVolume(store, name, id);
}
