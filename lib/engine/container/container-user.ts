/** Who a container's process is, and whether this user namespace has such a user. */
import { ProaError } from '../../core/error.ts';
import { readInRoot } from '../../core/rooted.ts';
import { type ContainerUser, resolveUser } from '../../oci/model/runtime-spec/user.ts';
import { type IdMap, toOutside } from '../../rootless/id-map.ts';
import type { Identity } from '../../rootless/identity.ts';
import type { ContainerConfig } from '../../storage/containers.ts';

/**
 * Looks the user up in the container's own passwd and group files.
 * @param root the mounted root file system
 * @throws ProaError USER_NOT_FOUND, GROUP_NOT_FOUND, INVALID_USER; ID_NOT_MAPPED when an ordinary user has no id for it
 */
export function containerUser(
  identity: Identity,
  config: Pick<ContainerConfig, 'user'>,
  root: string,
): ContainerUser {
  const user = resolveUser(config.user, {
    passwd: readInRoot(root, '/etc/passwd'),
    group: readInRoot(root, '/etc/group'),
  });
  // The runtimes say no more than "invalid argument", as setresuid(2) does.
  requireMapped(identity, identity.uidMap, 'user', user.uid);
  requireMapped(identity, identity.gidMap, 'group', user.gid);
  return user;
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
