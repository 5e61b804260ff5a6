/** Which of the kernel's cgroup layouts this host has (Documentation/admin-guide/cgroup-v2.rst, "Basic Operations"). */
import { readFileSync, statfsSync } from 'node:fs';
import { hasCode } from './error.ts';

/**
 * `v2`: one unified tree. `v1`: one tree a controller. `hybrid`: v1 trees beside a v2 tree in `unified`.
 * `none`: nothing usable is mounted.
 */
export type CgroupMode = 'v1' | 'hybrid' | 'v2' | 'none';

/** How containers are put into cgroups: by the runtime itself, by asking systemd, or not at all. */
export type CgroupManager = 'cgroupfs' | 'systemd' | 'disabled';

export const CGROUP_ROOT = '/sys/fs/cgroup';

const CGROUP2_SUPER_MAGIC = 0x63677270;
const TMPFS_MAGIC = 0x01021994;

/** One or two statfs(2) calls: the same question, asked the same way, as crun and runc ask it. */
export function cgroupMode(root = CGROUP_ROOT): CgroupMode {
  const type = fileSystemType(root);
  if (type === CGROUP2_SUPER_MAGIC) return 'v2';
  if (type !== TMPFS_MAGIC) return 'none';
  return fileSystemType(`${root}/unified`) === CGROUP2_SUPER_MAGIC ? 'hybrid' : 'v1';
}

/** The controllers that the v2 tree at `dir` offers; none when there is no such tree. */
export function unifiedControllers(dir: string): string[] {
  try {
    return readFileSync(`${dir}/cgroup.controllers`, 'utf8').split(/\s+/).filter(Boolean);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EACCES', 'ENOTDIR')) return [];
    throw error;
  }
}

function fileSystemType(dir: string): number | undefined {
  try {
    return statfsSync(dir).type;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EACCES', 'ENOTDIR')) return undefined;
    throw error;
  }
}
