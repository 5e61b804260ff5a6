/**
 * Mount flags that a user namespace may not take away. Whoever remounts a bind mount there, which "read-only" needs,
 * has to repeat them or gets EPERM (mount_namespaces(7), "Restrictions on mount namespaces"): runc does not by itself.
 */
import { mountFlags, ST } from '../core/sys/statfs.ts';

/** The options that a bind mount of `source` must carry when it is remounted; none outside a user namespace. */
export function lockedMountFlags(source: string): string[] {
  const flags = mountFlags(source);
  const options: string[] = [];
  if (flags & ST.RDONLY) options.push('ro');
  if (flags & ST.NOSUID) options.push('nosuid');
  if (flags & ST.NODEV) options.push('nodev');
  if (flags & ST.NOEXEC) options.push('noexec');
  if (flags & ST.NOATIME) options.push('noatime');
  if (flags & ST.NODIRATIME) options.push('nodiratime');
  return options;
}
