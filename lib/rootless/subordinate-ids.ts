/** The ids that an administrator lent a user: subuid(5), subgid(5), and name services through getsubids(1). */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hasCode } from '../core/error.ts';
import { tryFindProgram } from '../core/programs.ts';

export interface SubordinateRange {
  start: number;
  count: number;
}

export interface SubordinateIds {
  uids: SubordinateRange[];
  gids: SubordinateRange[];
}

/** Where the tables are; only a test gives other places. */
export interface SubordinateFiles {
  subuid: string;
  subgid: string;
  passwd: string;
  nsswitch: string;
}

const FILES: SubordinateFiles = {
  subuid: '/etc/subuid',
  subgid: '/etc/subgid',
  passwd: '/etc/passwd',
  nsswitch: '/etc/nsswitch.conf',
};

/** The ranges of the user with this uid; either list may be empty. Spawns a program only for users of name services. */
export function readSubordinateIds(uid: number, files: SubordinateFiles = FILES): SubordinateIds {
  const name = userName(uid, files.passwd);
  if (name !== undefined && usesNameService(files.nsswitch)) {
    const uids = askNameService(name, []);
    const gids = askNameService(name, ['-g']);
    if (uids !== undefined && gids !== undefined) return { uids, gids };
  }
  return {
    uids: parseSubordinateIds(readIfThere(files.subuid), uid, name),
    gids: parseSubordinateIds(readIfThere(files.subgid), uid, name),
  };
}

/** The lines `NAME-OR-UID:START:COUNT` of one user, in the file's order. */
export function parseSubordinateIds(text: string, uid: number, name?: string): SubordinateRange[] {
  const ranges: SubordinateRange[] = [];
  for (const line of text.split('\n')) {
    const [owner = '', start = '', count = ''] = line.trim().split(':');
    if (owner === '' || (owner !== name && owner !== String(uid))) continue;
    if (!/^\d+$/.test(start) || !/^\d+$/.test(count) || Number(count) === 0) continue;
    ranges.push({ start: Number(start), count: Number(count) });
  }
  return ranges;
}

/** The login name: from passwd, else from the name services; undefined for a uid without one. */
export function userName(uid: number, passwd = FILES.passwd): string | undefined {
  for (const line of readIfThere(passwd).split('\n')) {
    const [name, , id] = line.split(':');
    if (name && id === String(uid)) return name;
  }
  const getent = tryFindProgram('getent');
  if (getent === undefined) return undefined;
  const answer = spawnSync(getent, ['passwd', String(uid)], { encoding: 'utf8' });
  return answer.status === 0 ? answer.stdout.split(':')[0] || undefined : undefined;
}

/** nsswitch.conf(5): a `subid` line with another source than files. */
function usesNameService(file: string): boolean {
  const sources = /^\s*subid\s*:(.*)$/m.exec(readIfThere(file))?.[1] ?? '';
  return sources.split(/\s+/).some((source) => source !== '' && source !== 'files');
}

/** Lines `0: NAME START COUNT`. Undefined when the program is missing or fails; the files then decide. */
function askNameService(name: string, options: string[]): SubordinateRange[] | undefined {
  const getsubids = tryFindProgram('getsubids');
  if (getsubids === undefined) return undefined;
  const answer = spawnSync(getsubids, [...options, name], { encoding: 'utf8' });
  if (answer.status !== 0) return undefined;
  return parseGetsubids(answer.stdout);
}

/** The ranges in getsubids(1)'s answer. */
export function parseGetsubids(text: string): SubordinateRange[] {
  return Array.from(text.matchAll(/^\d+:\s+\S+\s+(\d+)\s+(\d+)\s*$/gm), ([, start, count]) => ({
    start: Number(start),
    count: Number(count),
  }));
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  }
}

/** The ranges of a name, which need be no user's. */
export function readNamedRanges(name: string, files: SubordinateFiles = FILES): SubordinateIds {
  return {
    uids: parseSubordinateIds(readIfThere(files.subuid), -1, name),
    gids: parseSubordinateIds(readIfThere(files.subgid), -1, name),
  };
}

/** The line of passwd(5) of a uid: of the file, else of the name services. */
export function userLine(uid: number, passwd = FILES.passwd): string | undefined {
  const own = readIfThere(passwd)
    .split('\n')
    .find((line) => line.split(':')[2] === String(uid));
  if (own !== undefined) return own;
  const getent = tryFindProgram('getent');
  if (getent === undefined) return undefined;
  const answer = spawnSync(getent, ['passwd', String(uid)], { encoding: 'utf8' });
  return answer.status === 0 ? answer.stdout.trim() || undefined : undefined;
}
