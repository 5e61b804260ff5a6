/**
 * What a cgroup has used so far, read from the kernel's files: v1 (Documentation/admin-guide/cgroup-v1/), v2
 * (admin-guide/cgroup-v2.rst), or hybrid, where each controller is in one of the two trees. A figure whose controller
 * is not there is left out.
 */
import { existsSync, readFileSync } from 'node:fs';
import { CGROUP_ROOT } from './cgroup-mode.ts';
import { hasCode } from './error.ts';

export interface CgroupUsage {
  /** Nanoseconds of processor time, in all and in the kernel. */
  cpu?: { total: number; system: number };
  /** Nanoseconds on each processor; v1 only. */
  perCpu?: number[];
  /** Bytes without the file cache that goes first when memory is short; no limit is Infinity. */
  memory?: { used: number; limit: number };
  /** Bytes that reached block devices. */
  blockIo?: { read: number; written: number };
  /** Processes and threads. */
  pids?: number;
}

/** Folders of one cgroup: by v1 controller, and `unified` for what is in the v2 tree. */
export type CgroupFolders = ReadonlyMap<string, string>;

/**
 * The folders of a container's cgroup, from what proc_pid_cgroup(5) says of one of its processes: that one may be in a
 * group below (an init of its own makes some), so a path ends with the part that names the container.
 * @param text content of /proc/PID/cgroup
 * @param id full id of the container; the runtimes name its group after it
 * @param root where the trees are mounted; only a test gives another place
 * @returns undefined when the container has no group of its own
 */
export function cgroupFolders(text: string, id: string, root = CGROUP_ROOT): CgroupFolders | undefined {
  const folders = new Map<string, string>();
  // Of a pure v2 host the tree is mounted at the root itself.
  const unified = existsSync(`${root}/cgroup.controllers`) ? root : `${root}/unified`;
  for (const line of text.split('\n')) {
    const [, names, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (names === undefined || path === undefined) continue;
    const own = upToOwn(path, id);
    if (own === undefined) continue;
    if (names === '') folders.set('unified', unified + own);
    // Controllers that share a tree (cpu,cpuacct) have links by their single names beside it.
    for (const name of names.split(',')) if (name !== '') folders.set(name, `${root}/${name}${own}`);
  }
  return folders.size > 0 ? folders : undefined;
}

function upToOwn(path: string, id: string): string | undefined {
  const at = path.lastIndexOf(id);
  if (at < 0) return undefined;
  const end = path.indexOf('/', at);
  if (end < 0) return path;
  const own = path.slice(0, end);
  // In a scope of systemd's, which is not crun's to limit, crun makes a group that is.
  return own.endsWith('.scope') && /^\/container(\/|$)/.test(path.slice(end)) ? `${own}/container` : own;
}

/** Some six small files of the kernel's. A group that is gone has nothing. */
export function readCgroupUsage(folders: CgroupFolders): CgroupUsage {
  const unified = folders.get('unified');
  const cpuacct = folders.get('cpuacct');
  const cpu = cpuV1(cpuacct) ?? cpuV2(unified);
  const perCpu = read(cpuacct, 'cpuacct.usage_percpu');
  const memory = memoryV1(folders.get('memory')) ?? memoryV2(unified);
  const blockIo = blockIoV1(folders.get('blkio')) ?? blockIoV2(unified);
  const pids = read(folders.get('pids') ?? unified, 'pids.current');
  return {
    ...(cpu && { cpu }),
    ...(perCpu !== undefined && { perCpu: perCpu.trim().split(/\s+/).map(Number) }),
    ...(memory && { memory }),
    ...(blockIo && { blockIo }),
    ...(pids !== undefined && { pids: Number(pids) }),
  };
}

function cpuV1(folder: string | undefined): CgroupUsage['cpu'] {
  const total = read(folder, 'cpuacct.usage');
  if (total === undefined) return undefined;
  return { total: Number(total), system: Number(read(folder, 'cpuacct.usage_sys') ?? 0) };
}

function cpuV2(folder: string | undefined): CgroupUsage['cpu'] {
  const text = read(folder, 'cpu.stat');
  const total = field(text, 'usage_usec');
  if (total === undefined) return undefined;
  return { total: total * 1000, system: (field(text, 'system_usec') ?? 0) * 1000 };
}

function memoryV1(folder: string | undefined): CgroupUsage['memory'] {
  const used = read(folder, 'memory.usage_in_bytes');
  if (used === undefined) return undefined;
  const cache = field(read(folder, 'memory.stat'), 'total_inactive_file') ?? 0;
  return { used: without(Number(used), cache), limit: limitOf(read(folder, 'memory.limit_in_bytes')) };
}

function memoryV2(folder: string | undefined): CgroupUsage['memory'] {
  const used = read(folder, 'memory.current');
  if (used === undefined) return undefined;
  const cache = field(read(folder, 'memory.stat'), 'inactive_file') ?? 0;
  return { used: without(Number(used), cache), limit: limitOf(read(folder, 'memory.max')) };
}

/** The two are not read in the same moment; as in Docker, a cache that seems larger than all is left in. */
function without(used: number, cache: number): number {
  return cache < used ? used - cache : used;
}

/** v2 says `max`; v1 a number near 2^63, which is more memory than any machine has. */
function limitOf(text: string | undefined): number {
  const limit = Number(text);
  return Number.isFinite(limit) && limit < 2 ** 60 ? limit : Number.POSITIVE_INFINITY;
}

/** Schedulers have files of their own, but only for their devices; the throttling layer above them sees everything. */
function blockIoV1(folder: string | undefined): CgroupUsage['blockIo'] {
  const text = read(folder, 'blkio.throttle.io_service_bytes_recursive');
  if (text === undefined) return undefined;
  return { read: sum(text, /^\S+ Read (\d+)$/gm), written: sum(text, /^\S+ Write (\d+)$/gm) };
}

function blockIoV2(folder: string | undefined): CgroupUsage['blockIo'] {
  const text = read(folder, 'io.stat');
  if (text === undefined) return undefined;
  return { read: sum(text, /\brbytes=(\d+)/g), written: sum(text, /\bwbytes=(\d+)/g) };
}

function sum(text: string, pattern: RegExp): number {
  let total = 0;
  for (const [, number] of text.matchAll(pattern)) total += Number(number);
  return total;
}

/** A flat keyed file's value: `KEY VALUE` lines. */
function field(text: string | undefined, key: string): number | undefined {
  const value = text === undefined ? undefined : new RegExp(`^${key} (\\d+)$`, 'm').exec(text)?.[1];
  return value === undefined ? undefined : Number(value);
}

/** Undefined when there is no such file: no such controller, or the group is gone. */
function read(folder: string | undefined, name: string): string | undefined {
  if (folder === undefined) return undefined;
  try {
    return readFileSync(`${folder}/${name}`, 'latin1');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENODEV', 'EOPNOTSUPP')) return undefined;
    throw error;
  }
}
