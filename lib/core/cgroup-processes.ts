/** Who is in a cgroup and in those below it: cgroups(7), "cgroup.procs". */
import { readdirSync, readFileSync } from 'node:fs';
import type { CgroupFolders } from './cgroup-usage.ts';
import { hasCode } from './error.ts';

/**
 * The processes, as this PID namespace numbers them.
 * @returns undefined when the kernel does not tell: the groups are gone, or hold single threads (EOPNOTSUPP)
 */
export function cgroupProcesses(folders: CgroupFolders): Set<number> | undefined {
  // Every process of a v1 container is in all of its controllers' groups.
  const folder = folders.get('pids') ?? folders.get('unified') ?? folders.values().next().value;
  if (folder === undefined) return undefined;
  try {
    return new Set(processesBelow(folder));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENODEV', 'EOPNOTSUPP')) return undefined;
    throw error;
  }
}

function processesBelow(folder: string): number[] {
  const own = readFileSync(`${folder}/cgroup.procs`, 'latin1').split('\n').filter(Boolean).map(Number);
  const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...own, ...below.flatMap(({ name }) => processesBelow(`${folder}/${name}`))];
}
