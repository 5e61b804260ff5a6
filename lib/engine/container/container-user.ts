/** Who a container's process is, and whether this user namespace has such a user. */
import { ProaError } from '../../core/error.ts';
import type { IdMapping } from '../../oci/model/runtime-spec/types.ts';
import { type ContainerUser, resolveUser, type UserDatabases } from '../../oci/model/runtime-spec/user.ts';
import { type IdMap, toOutside } from '../../rootless/id-map.ts';
import type { Identity } from '../../rootless/identity.ts';
import type { ContainerConfig } from '../../storage/containers.ts';

/** `--group-add keep-groups`: the groups of the caller, which only crun can keep (crun(1), run.oci.keep_original_groups). */
export const KEEP_GROUPS = 'keep-groups';

/**
 * Looks the user up in the container's own passwd and group files.
 * @throws ProaError USER_NOT_FOUND, GROUP_NOT_FOUND, INVALID_USER; ID_NOT_MAPPED when an ordinary user has no id for it
 */
export function containerUser(
  identity: Identity,
  config: Pick<ContainerConfig, 'user' | 'groupAdd' | 'idMaps'>,
  databases: UserDatabases,
): ContainerUser {
  const groups = (config.groupAdd ?? []).filter((group) => group !== KEEP_GROUPS);
  const user = resolveUser(config.user, databases, groups);
  // Its own group is also one of its groups: otherwise a set-group-id program would take it away from the process, and
  // with it what is forbidden to that group (CVE-2022-2989, CVE-2022-36109).
  if (!config.groupAdd?.includes(KEEP_GROUPS))
    user.additionalGids = [...new Set([user.gid, ...user.additionalGids])];
  // The runtimes say no more than "invalid argument", as setresuid(2) does.
  const { idMaps } = config;
  if (idMaps === undefined) {
    requireMapped(identity, identity.uidMap, 'user', user.uid);
    requireMapped(identity, identity.gidMap, 'group', user.gid);
  } else {
    requireInMaps(idMaps.uids, 'user', user.uid);
    requireInMaps(idMaps.gids, 'group', user.gid);
  }
  return user;
}

/** The container has a user namespace of its own, with these ids. */
function requireInMaps(map: readonly IdMapping[], kind: 'user' | 'group', id: number): void {
  if (map.some(({ containerID, size }) => id >= containerID && id < containerID + size)) return;
  throw new ProaError('ID_NOT_MAPPED', `run as ${kind} ${id}: it is not in the container's user namespace`, {
    hint: `widen --uidmap, --gidmap or --userns so that it has ${kind} ${id}`,
  });
}

function requireMapped({ singleId }: Identity, map: IdMap, kind: 'user' | 'group', id: number): void {
  if (toOutside(map, id) !== undefined) return;
  const why = singleId
    ? `in single-id mode there is only ${kind} 0`
    : 'it is not among the subordinate ids of this user';
  throw new ProaError('ID_NOT_MAPPED', `run as ${kind} ${id}: ${why}`, {
    hint: 'give this user 65536 ids: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER',
  });
}
