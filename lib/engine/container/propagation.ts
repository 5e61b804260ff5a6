/**
 * Shared and slave bind mounts. The kernel passes mounts on only where the source's mount is shared (mount_namespaces(7)),
 * and only when the container's mount namespace is not made private as a whole, which the runtimes do unless told.
 */
import { realpathSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import type { ContainerMount } from '../../storage/containers.ts';

/**
 * What `linux.rootfsPropagation` has to be; undefined for the runtime's own choice, private.
 * @param mountinfo text of /proc/self/mountinfo
 * @throws ProaError NOT_SHARED, in Docker's words, where nothing would be passed on
 */
export function rootPropagation(
  mounts: readonly ContainerMount[],
  mountinfo: string,
): 'shared' | 'rslave' | undefined {
  let result: 'shared' | 'rslave' | undefined;
  for (const { source, options } of mounts) {
    const wanted = options.find((word) => /^r?(shared|slave)$/.test(word))?.replace(/^r/, '');
    if (wanted === undefined) continue;
    const { point, shared, slave } = mountOf(realpathSync(source), mountinfo);
    if (!(shared || (wanted === 'slave' && slave))) {
      const kinds = wanted === 'slave' ? 'a shared or slave mount' : 'a shared mount';
      throw new ProaError('NOT_SHARED', `path ${source} is mounted on ${point} but it is not ${kinds}`, {
        hint: `mount --make-rshared ${point}`,
      });
    }
    if (wanted === 'shared') result = 'shared';
    else result ??= 'rslave';
  }
  return result;
}

/** The mount that a path is in (proc_pid_mountinfo(5): field 5 the mount point, from field 7 on the peer groups). */
function mountOf(path: string, mountinfo: string): { point: string; shared: boolean; slave: boolean } {
  let found = { point: '/', shared: false, slave: false };
  for (const line of mountinfo.split('\n')) {
    const fields = line.split(' ');
    const point = fields[4]?.replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    if (point === undefined || point.length < found.point.length) continue;
    if (point !== '/' && path !== point && !path.startsWith(`${point}/`)) continue;
    const tags = fields.slice(6, fields.indexOf('-', 6));
    // Of two on one point the later one is on top.
    found = {
      point,
      shared: tags.some((tag) => tag.startsWith('shared:')),
      slave: tags.some((tag) => tag.startsWith('master:')),
    };
  }
  return found;
}
