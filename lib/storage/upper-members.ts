/** What an upper folder changed, as the members of a layer's archive (image-spec, layer.md, "Whiteouts"). */
import { S_IFDIR, S_IFMT } from '../core/sys/stat.ts';
import type { Entry } from './tar/entry.ts';
import type { ByteString } from './tar/header.ts';
import { baseOf, joinName, parentOf } from './tar/path.ts';
import type { Member, TreeWalk } from './tar/walk.ts';
import type { UpperChange } from './upper.ts';

/** The members, each valid until the next is asked for. Sockets, which no archive can hold, are left out. */
export function* layerMembers(changes: Iterable<UpperChange>, walk: TreeWalk): Generator<Member> {
  for (const { kind, path, status, fd } of changes) {
    if (kind === 'deleted') yield whiteoutMember(path);
    else if (kind === 'opaque') yield { entry: whiteout(`${path}/.wh..wh..opq`) };
    else if ((status!.mode & S_IFMT) === S_IFDIR) yield walk.folderMember(fd!, status!, path);
    else yield* walk.leaf(fd!, status!, path);
  }
}

/** Says that what layers below have under a path is gone. */
export function whiteoutMember(path: ByteString): Member {
  return { entry: whiteout(joinName(parentOf(path), `.wh.${baseOf(path)}`)) };
}

function whiteout(path: ByteString): Entry {
  return {
    type: 'file',
    path,
    linkPath: '',
    mode: 0,
    uid: 0,
    gid: 0,
    size: 0,
    stored: 0,
    mtime: { sec: 0, nsec: 0 },
    atime: undefined,
    major: 0,
    minor: 0,
    xattrs: undefined,
    sparse: undefined,
  };
}
