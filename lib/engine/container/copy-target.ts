/** Where a copy goes: the rules of docker-cp(1) about destinations that are there, and those that are not. */
import { posix } from 'node:path';
import { ProaError } from '../../core/error.ts';
import type { Found, Place } from './copy-place.ts';

/** The last part of a path as Docker splits it: `.` for `/a/.` and `/`, the content of a folder. */
export function lastPart(path: string): string {
  return path === '/' || path.endsWith('/.') ? '.' : posix.basename(path);
}

export interface CopyTarget {
  /** The folder that is written in; it is there. */
  folder: string;
  /** The name that the copied thing gets; undefined: a folder's content goes right into `folder`. */
  name: string | undefined;
}

/** path_resolution(7): the kernel follows as many. */
const MAX_LINKS = 40;

/**
 * @param source what is copied, and under what absolute path it was found
 * @param destination absolute, see {@link Place.absolute}
 * @throws ProaError NO_SUCH_FOLDER, NOT_A_FOLDER
 */
export function chooseTarget(
  source: { path: string; isFolder: boolean },
  place: Place,
  destination: string,
): CopyTarget {
  const name = lastPart(source.path);
  const { path, is } = examine(place, destination);
  if (is === 'folder') return { folder: path, name: name === '.' ? undefined : name };
  if (is === 'file' && source.isFolder) {
    throw new ProaError(
      'NOT_A_FOLDER',
      `copy to ${place.name(destination)}: cannot copy directory onto a file`,
    );
  }
  if (is === 'nothing' && !source.isFolder && /\/\.?$/.test(destination)) throw noFolder(place, destination);
  const plain = path.replace(/\/\.?$/, '');
  const folder = posix.dirname(plain);
  using parent = place.find(folder, true);
  if (parent === undefined) throw noFolder(place, folder);
  if (!parent.isFolder) throw new ProaError('NOT_A_FOLDER', `copy to ${place.name(folder)}: not a directory`);
  return { folder, name: posix.basename(plain) };
}

/** The folder that a tar is unpacked into. */
export function requireFolder(place: Place, destination: string): string {
  using found = place.find(destination, true);
  if (found?.isFolder) return destination;
  throw new ProaError('NOT_A_FOLDER', `destination "${place.name(destination)}" must be a directory`);
}

/** What is at a path, and where that is when the path ends in links: they are written through, never replaced. */
function examine(place: Place, destination: string): { path: string; is: 'folder' | 'file' | 'nothing' } {
  let path = destination;
  for (let links = 0; links <= MAX_LINKS; links++) {
    using found: Found | undefined = place.find(path, false);
    if (found === undefined) return { path, is: 'nothing' };
    if (found.isFolder) return { path, is: 'folder' };
    if (found.link === undefined) return { path, is: 'file' };
    using behind = place.find(path, true);
    if (behind?.isFolder) return { path, is: 'folder' };
    path = posix.resolve(posix.dirname(path), found.link);
  }
  throw new ProaError('ELOOP', `copy to ${place.name(destination)}: too many symbolic links`);
}

function noFolder(place: Place, path: string): ProaError {
  return new ProaError('NO_SUCH_FOLDER', `copy to ${place.name(path)}: no such directory`);
}
