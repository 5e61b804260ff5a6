/**
 * Who a container's process is: `USER`, `--user` and `--group-add` looked up in the image's own passwd(5) and
 * group(5), whose texts are handed in (undefined when the image has no such file).
 */
import { ProaError } from '../../../core/error.ts';

export interface UserDatabases {
  passwd?: string | undefined;
  group?: string | undefined;
}

export interface ContainerUser {
  uid: number;
  gid: number;
  additionalGids: number[];
  home: string;
  /** The name in passwd, when it has one. */
  name?: string;
}

interface PasswdEntry {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

interface GroupEntry {
  name: string;
  gid: number;
  members: string[];
}

/** Ids are signed 32-bit numbers for container runtimes. */
const MAX_ID = 0x7fffffff;

/**
 * @param user `name`, `uid`, `name:group` or `uid:gid`; empty or undefined is root
 * @param groupAdd `--group-add`: group names or ids
 * The group is the one asked for, else the passwd entry's, else 0. The groups that list the user as a member come
 * along unless a group was asked for (as runc's libcontainer/user and thereby Docker and Podman do). Digits are an id and
 * never a name: an image's line `1000:x:0:0` must not make root of who asks for 1000 (CVE-2016-3697).
 * @throws ProaError USER_NOT_FOUND, GROUP_NOT_FOUND or INVALID_USER
 */
export function resolveUser(
  user: string | undefined,
  databases: UserDatabases,
  groupAdd: readonly string[] = [],
): ContainerUser {
  const [userPart = '', groupPart = ''] = splitOnce(user ?? '', ':');
  const entry = findPasswd(databases.passwd ?? '', userPart === '' ? '0' : userPart);
  const result: ContainerUser = { uid: 0, gid: 0, additionalGids: [], home: '/' };
  if (entry !== undefined) {
    result.uid = entry.uid;
    result.gid = entry.gid;
    result.home = entry.home === '' ? '/' : entry.home;
    result.name = entry.name;
  } else if (userPart !== '') {
    const uid = numericId(userPart);
    if (uid === undefined) throw notFound('user', userPart, 'passwd');
    result.uid = uid;
  }
  if (groupPart !== '') {
    result.gid = resolveGroup(groupPart, databases.group);
  } else if (entry !== undefined) {
    for (const group of parseGroups(databases.group ?? '')) {
      if (group.members.includes(entry.name)) result.additionalGids.push(checkedId(group.gid));
    }
  }
  for (const group of groupAdd) result.additionalGids.push(resolveGroup(group, databases.group));
  result.additionalGids = [...new Set(result.additionalGids)];
  return result;
}

function resolveGroup(wanted: string, text = ''): number {
  const id = numericId(wanted);
  for (const group of parseGroups(text)) {
    if (id === undefined ? group.name === wanted : group.gid === id) return checkedId(group.gid);
  }
  if (id === undefined) throw notFound('group', wanted, 'group');
  return id;
}

function findPasswd(text: string, wanted: string): PasswdEntry | undefined {
  const id = numericId(wanted);
  for (const line of text.split('\n')) {
    const [name = '', , uid = '', gid = '', , home = ''] = line.trim().split(':');
    if (name === '' || name.startsWith('#') || !/^\d+$/.test(uid)) continue;
    if (id === undefined ? name === wanted : Number(uid) === id)
      return { name, uid: checkedId(uid), gid: checkedId(Number(gid) || 0), home };
  }
  return undefined;
}

function* parseGroups(text: string): Generator<GroupEntry> {
  for (const line of text.split('\n')) {
    const [name = '', , gid = '', members = ''] = line.trim().split(':');
    if (name === '' || name.startsWith('#') || !/^\d+$/.test(gid)) continue;
    yield { name, gid: Number(gid), members: members === '' ? [] : members.split(',') };
  }
}

/** The number when `text` is one, undefined when it is a name. */
function numericId(text: string): number | undefined {
  if (!/^-?\d+$/.test(text)) return undefined;
  return checkedId(text);
}

/** As the runtimes take ids into 32 bits, 4294967296 would be root (CVE-2024-40635). */
function checkedId(text: string | number): number {
  const id = Number(text);
  if (id >= 0 && id <= MAX_ID) return id;
  throw new ProaError('INVALID_USER', `use id ${text}: uids and gids must be in range 0-${MAX_ID}`);
}

function notFound(kind: 'user' | 'group', name: string, file: string): ProaError {
  return new ProaError(
    kind === 'user' ? 'USER_NOT_FOUND' : 'GROUP_NOT_FOUND',
    `unable to find ${kind} ${name}: no matching entries in ${file} file`,
    { hint: `give the numeric id, or add the ${kind} to the image's /etc/${file}` },
  );
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
