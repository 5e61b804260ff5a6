/**
 * What a container's process will not be able to do in a bind mount because its ids are others outside: the kernel's EACCES
 * says neither whose the file is nor who asked. Loaded only for mapped containers with bind mounts.
 */
import { statSync } from 'node:fs';
import { hasCode } from '../../core/error.ts';
import { tryGetXattr } from '../../core/sys/file.ts';
import type { IdMapping, ProcessUser } from '../../oci/model/runtime-spec/types.ts';
import { type IdMap, toOutside } from '../../rootless/id-map.ts';
import type { Identity } from '../../rootless/identity.ts';
import type { ContainerConfig, ContainerMount } from '../../storage/containers.ts';

const [READ, WRITE, SEARCH] = [4, 2, 1];
/** What stat(2) shows for an owner who is not mapped (proc(5), overflowuid). */
const NOBODY = 65_534;

/** One line for each bind mount whose top its process may not read, or not write to though its caller may. */
export function accessWarnings(
  identity: Identity,
  config: Pick<ContainerConfig, 'mounts' | 'idMaps' | 'groupAdd'>,
  user: ProcessUser,
): string[] {
  // With the caller's own groups, which only the kernel knows, it may do more.
  if (config.groupAdd?.includes('keep-groups')) return [];
  return config.mounts
    .filter(({ type, options }) => type === 'bind' && !options.some((word) => /^([UO]|idmap.*)$/.test(word)))
    .flatMap((mount) => accessWarning(identity, config.idMaps, mount, user) ?? []);
}

function accessWarning(
  identity: Identity,
  idMaps: ContainerConfig['idMaps'],
  { source, destination, options }: ContainerMount,
  user: ProcessUser,
): string | undefined {
  const status = statOf(source);
  // An access control list may say anything (acl(5)).
  if (status === undefined || typeof tryGetXattr(source, 'system.posix_acl_access') !== 'number')
    return undefined;
  const owner = inContainer(idMaps?.uids, status.uid, identity.rootless);
  const group = inContainer(idMaps?.gids, status.gid, identity.rootless);
  // Root of a user namespace may everything where owner and group are mapped (user_namespaces(7), capable_wrt_inode_uidgid).
  if (user.uid === 0 && owner !== undefined && group !== undefined) return undefined;
  const groups = [user.gid, ...(user.additionalGids ?? [])];
  const shift = owner === user.uid ? 6 : group !== undefined && groups.includes(group) ? 3 : 0;
  const may = (status.mode >> shift) & 7;
  const needed = status.isDirectory() ? READ | SEARCH : READ;
  const ownerOutside = onHost(identity.uidMap, undefined, status.uid);
  const isCallers = identity.rootless ? status.uid === 0 : true;
  const lacksWrite = status.isDirectory() && isCallers && !options.includes('ro') && (may & WRITE) === 0;
  if ((may & needed) === needed && !lacksWrite) return undefined;

  const lacks = (may & needed) === needed ? 'write to it' : 'read it';
  const whose =
    owner === undefined
      ? `belongs to ${identity.rootless ? 'somebody' : `user ${ownerOutside} of this host`} who is not in the container`
      : `belongs to user ${owner} of the container (${ownerOutside} on this host)`;
  const asking = `user ${user.uid} (${onHost(identity.uidMap, idMaps?.uids, user.uid)} on this host)`;
  const keep =
    identity.rootless && status.uid === 0
      ? `, and --userns=keep-id:uid=${user.uid},gid=${user.gid} makes both one`
      : '';
  return `${source} on ${destination} ${whose}; its process is ${asking} and may not ${lacks}. -v ${source}:${destination}:U gives it away${keep}`;
}

function statOf(source: string) {
  try {
    return statSync(source);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EACCES', 'ENOTDIR', 'ELOOP')) return undefined; // the runtime says it
    throw error;
  }
}

/** The id by which the container knows an owner; undefined for one that is not mapped. */
function inContainer(
  map: readonly IdMapping[] | undefined,
  id: number,
  rootless: boolean,
): number | undefined {
  if (rootless && id === NOBODY) return undefined;
  if (map === undefined) return id;
  const range = map.find(({ hostID, size }) => id >= hostID && id < hostID + size);
  return range && id - range.hostID + range.containerID;
}

/** The id outside of all user namespaces. */
function onHost(own: IdMap, map: readonly IdMapping[] | undefined, id: number): number {
  const range = map?.find(({ containerID, size }) => id >= containerID && id < containerID + size);
  const here = range === undefined ? id : id - range.containerID + range.hostID;
  return toOutside(own, here) ?? here;
}
