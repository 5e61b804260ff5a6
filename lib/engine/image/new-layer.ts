/** Layers of what is on this machine: a folder's files as they are, or whatever comes as members. */
import { ProaError } from '../../core/error.ts';
import { AT_FDCWD, close, O, tryOpenAt } from '../../core/sys/file.ts';
import { check } from '../../core/sys/libc.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { type LayerLease, LayerStaging } from '../../storage/layers.ts';
import { show } from '../../storage/tar/archive-error.ts';
import { isKeptXattr } from '../../storage/tar/attributes.ts';
import { makeLayer } from '../../storage/tar/make-layer.ts';
import { baseOf } from '../../storage/tar/path.ts';
import { type Member, TreeWalk } from '../../storage/tar/walk.ts';
import type { Engine } from '../engine.ts';

/**
 * Makes a layer of all that is in a folder and publishes it, leased.
 * @throws ProaError EACCES, INVALID_NAME for what a layer cannot hold, ENOSPC, …, naming the file
 */
export async function folderLayer(engine: Engine, folder: string, lease: LayerLease): Promise<Digest> {
  const fd = check(tryOpenAt(AT_FDCWD, folder, O.PATH | O.DIRECTORY), 'open', folder);
  try {
    const members = new TreeWalk({ xattrs: isKeptXattr }).members(fd, '');
    return await publishLayer(engine, withoutWhiteouts(members), lease);
  } finally {
    close(fd);
  }
}

/** A file of such a name would be missing in the image, and hide another (image-spec, layer.md, "Whiteouts"). */
function* withoutWhiteouts(members: Iterable<Member>): Generator<Member, void> {
  for (const member of members) {
    const { path } = member.entry;
    if (baseOf(path).startsWith('.wh.')) {
      throw new ProaError('INVALID_NAME', `read ${show(path)}: names with .wh. mean deletions in images`);
    }
    yield member;
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
