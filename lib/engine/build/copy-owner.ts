/** `--chown`: whose the copied files are. */
import { ProaError } from '../../core/error.ts';
import { readInRoot } from '../../core/rooted.ts';
import { resolveUser } from '../../oci/model/runtime-spec/user.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Resolves `USER[:GROUP]` in the image's own passwd(5) and group(5). A number alone is also the group, as the reference of
 * Dockerfiles has it; a name alone brings its own.
 * @param root folder of the image's files
 * @throws ProaError INVALID_USER, USER_NOT_FOUND, GROUP_NOT_FOUND
 */
export function resolveOwner(root: string, chown: string): Owner {
  if (chown.split(':').length > 2) {
    throw new ProaError('INVALID_USER', `use --chown=${chown}: it is not USER, nor USER:GROUP`);
  }
  const whole = /^\d+$/.test(chown) ? `${chown}:${chown}` : chown;
  const { uid, gid } = resolveUser(whole, {
    passwd: readInRoot(root, '/etc/passwd'),
    group: readInRoot(root, '/etc/group'),
  });
  return { uid, gid };
}
