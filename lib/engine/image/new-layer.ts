/** Layers of what is on this machine: a folder's files as they are, or whatever comes as members. */
import { AT_FDCWD, close, O, tryOpenAt } from '../../core/sys/file.ts';
import { check } from '../../core/sys/libc.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { type LayerLease, LayerStaging } from '../../storage/layers.ts';
import { isKeptXattr } from '../../storage/tar/attributes.ts';
import { makeLayer } from '../../storage/tar/make-layer.ts';
import { type Member, TreeWalk } from '../../storage/tar/walk.ts';
import type { Engine } from '../engine.ts';

/** Makes a layer of all that is in a folder and publishes it, leased. Throws ProaError EACCES, HOSTILE_ARCHIVE, ENOSPC, …, naming the file. */
export async function folderLayer(engine: Engine, folder: string, lease: LayerLease): Promise<Digest> {
  const fd = check(tryOpenAt(AT_FDCWD, folder, O.PATH | O.DIRECTORY), 'open', folder);
  try {
    return await publishLayer(engine, new TreeWalk({ xattrs: isKeptXattr }).members(fd, ''), lease);
  } finally {
    close(fd);
  }
}

/** Makes a layer of members and publishes it, leased. */
export async function publishLayer(
  engine: Engine,
  members: Iterable<Member>,
  lease: LayerLease,
): Promise<Digest> {
  const { store } = engine;
  using staging = new LayerStaging(store);
  const { diffId, plainSize, diskSize, files } = await makeLayer(members, staging.diff, staging.recipe, {
    xattrPrefix: store.xattrPrefix,
    ignoreOwner: engine.identity.singleId,
  });
  const record = { version: 1, diffId: diffId as Digest, plainSize, diskSize, files } as const;
  lease.hold(await staging.publish({ ...record, blobs: [] }));
  return record.diffId;
}
