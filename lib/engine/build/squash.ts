/** `--squash`, `--squash-all`, `--layers=false`: one layer in the place of several. */
import { openInRoot } from '../../core/rooted.ts';
import { AT_FDCWD, close, O, open, tryOpenAt } from '../../core/sys/file.ts';
import { check, sysError } from '../../core/sys/libc.ts';
import { S_IFDIR, S_IFMT, tryStatAt } from '../../core/sys/stat.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { lowerDirs } from '../../storage/layers.ts';
import { mergedChanges } from '../../storage/merged-changes.ts';
import { isKeptXattr } from '../../storage/tar/attributes.ts';
import { toPath } from '../../storage/tar/header.ts';
import { type Member, TreeWalk } from '../../storage/tar/walk.ts';
import { whiteoutMember } from '../../storage/upper-members.ts';
import { publishLayer } from '../image/new-layer.ts';
import { stepKey } from './cache.ts';
import type { PlatformBuild } from './platform-build.ts';
import { Sandbox } from './sandbox.ts';

/**
 * Makes the layer of all that layers change together.
 * @param below the layers that stay as they are, bottom first; none: of all files
 * @returns undefined when nothing is different from below
 */
export async function squashLayers(
  build: PlatformBuild,
  below: readonly Digest[],
  diffIds: readonly Digest[],
): Promise<Digest | undefined> {
  const { engine, cache, lease, request } = build;
  const key = stepKey(['squash', below, diffIds, request.timestamp ?? null]);
  const known = await cache.find(key, build.namesOf(build.target));
  if (known !== undefined) return known.diffId;
  await using sandbox = new Sandbox(engine);
  const root = sandbox.view(diffIds);
  const members = below.length === 0 ? allMembers(root) : changedMembers(build, below, diffIds, root);
  const diffId = await publishLayer(engine, notAfter(members, request.timestamp), lease);
  const created = build.time ?? new Date().toISOString();
  cache.keep({ key, diffId, created, description: 'squash', type: 'regular' });
  return diffId;
}

function* allMembers(root: string): Generator<Member> {
  const fd = open(root, O.PATH | O.DIRECTORY);
  try {
    yield* new TreeWalk({ xattrs: isKeptXattr }).members(fd, '');
  } finally {
    close(fd);
  }
}

function* changedMembers(
  { engine: { store } }: PlatformBuild,
  below: readonly Digest[],
  diffIds: readonly Digest[],
  root: string,
): Generator<Member> {
  const walk = new TreeWalk({ xattrs: isKeptXattr });
  const changes = mergedChanges(lowerDirs(store, diffIds), lowerDirs(store, below), store.xattrPrefix);
  for (const { kind, path } of changes) {
    if (kind === 'deleted') {
      yield whiteoutMember(path);
      continue;
    }
    using found = openInRoot(root, toPath(path), O.PATH | O.NOFOLLOW);
    if (found === undefined) continue;
    const status = tryStatAt(found.fd, '');
    if (typeof status === 'number') throw sysError(-status, 'read', path);
    if ((status.mode & S_IFMT) !== S_IFDIR) yield* walk.leaf(found.fd, status, path);
    else {
      const fd = check(tryOpenAt(AT_FDCWD, found.path, O.RDONLY | O.DIRECTORY), 'open', path);
      try {
        yield walk.folderMember(fd, status, path);
      } finally {
        close(fd);
      }
    }
  }
}

/** No file is younger than the time that the build is to have. */
function* notAfter(members: Iterable<Member>, latest: number | undefined): Generator<Member> {
  for (const member of members) {
    const { mtime } = member.entry;
    if (latest !== undefined && mtime.sec > latest) member.entry.mtime = { sec: latest, nsec: 0 };
    yield member;
  }
}
