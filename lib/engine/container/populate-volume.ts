/**
 * A new named or anonymous volume takes over what the image has at its mount point, with owners and modes (docker-run
 * documentation, "Populate a volume using a container"). All or nothing: the volume's record says
 * when a copy is under way, and a half copy is removed before the next try.
 */
import { chownSync, readdirSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import type { Lock } from '../../core/lock.ts';
import { openInRoot } from '../../core/rooted.ts';
import { removeTree } from '../../core/sys/directory.ts';
import { O } from '../../core/sys/file.ts';
import type { ContainerMount } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import { lockVolume, needsMount, readVolume, setVolumeContent } from '../../storage/volumes.ts';

/**
 * Before a start: a volume whose files are elsewhere is mounted, and a new one filled.
 * @param id of the container
 * @param root, owner as for {@link populateVolume}
 * @throws ProaError VOLUME_MOUNT_FAILED, VOLUME_COPY_FAILED
 */
export async function readyVolume(
  store: Store,
  id: string,
  mount: ContainerMount,
  root: string,
  owner?: { uid: number; gid: number },
): Promise<void> {
  const volume = mount.volume === undefined ? undefined : readVolume(store, mount.volume);
  if (volume === undefined) return;
  if (needsMount(volume)) {
    const { holdVolume } = await import('../volume/hold.ts');
    holdVolume(store, volume, id);
  }
  if (volume.content !== 'settled') await populateVolume(store, mount, root, owner);
}

/**
 * @param root the container's mounted root file system
 * @param owner who a new volume belongs to for which the image has nothing; else whoever made it
 */
export async function populateVolume(
  store: Store,
  mount: ContainerMount,
  root: string,
  owner?: { uid: number; gid: number },
): Promise<void> {
  if (mount.volume === undefined || readVolume(store, mount.volume)?.content === 'settled') return;
  // The mount point shows a part of the volume, or a layer over it: its content belongs elsewhere.
  if (mount.options.some((word) => word === 'O' || word.startsWith('subpath='))) return;
  using held = await lockVolume(store, mount.volume);
  const volume = readVolume(store, mount.volume);
  if (volume === undefined || volume.content === 'settled') return;
  const entries = readdirSync(mount.source);
  // What lies in a volume that no copy of ours was interrupted in is somebody's data.
  const wanted = !mount.options.includes('nocopy') && (entries.length === 0 || volume.content === 'copying');
  using origin = wanted ? openInRoot(root, mount.destination, O.RDONLY | O.DIRECTORY) : undefined;
  if (origin !== undefined) {
    setVolumeContent(store, volume, 'copying');
    // Elsewhere there may be somebody's data by now; what was copied is copied over.
    if (!needsMount(volume)) for (const entry of entries) removeTree(`${mount.source}/${entry}`);
    await copyTree(origin.fd, mount, held);
    if (volume.owner !== undefined) chownSync(mount.source, volume.owner.uid ?? -1, volume.owner.gid ?? -1);
  } else if (owner !== undefined && volume.owner === undefined && entries.length === 0) {
    chownSync(mount.source, owner.uid, owner.gid);
  }
  setVolumeContent(store, volume, 'settled');
}

async function copyTree(fd: number, mount: ContainerMount, held: Lock): Promise<void> {
  // cp does not follow links inside the tree; the descriptor makes sure that none led to it.
  const child = Bun.spawn(
    ['cp', '-a', '--reflink=auto', `/proc/${process.pid}/fd/${fd}/.`, `${mount.source}/`],
    {
      // It inherits the lock: should we be killed, nobody starts anew while it still copies.
      stdio: ['ignore', 'ignore', 'pipe', held.fd],
    },
  );
  if ((await child.exited) === 0) return;
  const words = (await new Response(child.stderr).text()).trim();
  throw new ProaError(
    'VOLUME_COPY_FAILED',
    `copy the image's ${mount.destination} to volume ${mount.volume}: ${words}`,
  );
}
