/** `stats`: what containers use of this machine, from the kernel's own counters, with nothing else running. */
import { readdirSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import {
  type CgroupFolders,
  type CgroupUsage,
  cgroupFolders,
  readCgroupUsage,
} from '../../core/cgroup-usage.ts';
import { hasCode } from '../../core/error.ts';
import { readTraffic, type Traffic } from '../../netns/traffic.ts';
import { type Container, readContainer } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { listMatching } from './list.ts';
import { readProcessUsage } from './process-usage.ts';
import { containerPids } from './processes.ts';
import { isRunning, observeState } from './state.ts';

/** One look at a container's counters. */
export interface Sample extends CgroupUsage {
  /** Milliseconds of the monotonic clock. */
  at: number;
  traffic?: Traffic;
}

export interface ContainerStats extends Sample {
  id: string;
  name: string;
  running: boolean;
  /**
   * Per cent of one processor since the look before, so that two busy ones are 200. Docker divides by what all
   * processors did meanwhile, by /proc/stat, and multiplies by their number: the same, but in steps of 10 ms.
   */
  cpuPercent: number;
  /** The same since the container started. */
  averageCpuPercent: number;
  /** Milliseconds since the start. */
  upTime: number;
  /** Per cent of what it may use. */
  memoryPercent: number;
}

/** Which containers: these, all that run, or all that there are. */
export type Watched = readonly string[] | 'running' | 'all';

/**
 * Looks at containers again and again. What a look costs depends on the containers looked at, not on how many others
 * there are or for how long it has been looking.
 */
export class StatsReader {
  private readonly cgroups = new Map<string, { pid: number; folders: CgroupFolders | undefined }>();
  private samples = new Map<string, Sample>();

  constructor(private readonly engine: Engine) {}

  /**
   * The containers as they are now; those that are gone are left out, new ones are found. Named ones stay in their order,
   * the others come newest first.
   */
  async look(watched: Watched): Promise<ContainerStats[]> {
    const samples = new Map<string, Sample>();
    const stats: ContainerStats[] = [];
    for (const { config, state } of await this.find(watched)) {
      const running = isRunning(state);
      const sample = running ? this.sample(config.id, state.process!.pid) : { at: performance.now() };
      if (running) samples.set(config.id, sample);
      const upTime = running ? Math.max(0, Date.now() - Date.parse(state.startedAt ?? '')) : 0;
      stats.push({
        id: config.id,
        name: config.name,
        running,
        ...sample,
        ...(sample.memory && { memory: { ...sample.memory, limit: effectiveLimit(sample.memory) } }),
        cpuPercent: cpuPercent(this.samples.get(config.id), sample),
        averageCpuPercent: upTime > 0 ? ((sample.cpu?.total ?? 0) / 1e6 / upTime) * 100 : 0,
        upTime,
        memoryPercent: memoryPercent(sample.memory),
      });
    }
    this.samples = samples;
    for (const id of this.cgroups.keys()) if (!samples.has(id)) this.cgroups.delete(id);
    return stats;
  }

  private async find(watched: Watched): Promise<Container[]> {
    const { store } = this.engine;
    if (watched === 'all') return (await listMatching(store, { all: true })).containers;
    // Every container that runs has a bundle, and hardly any other one.
    const ids = watched === 'running' ? readdirSync(`${store.runRoot}/containers`) : watched;
    const found = ids
      .map((id) => readContainer(store, id))
      .filter((container) => container !== undefined)
      .map((container) => ({ ...container, state: observeState(store, container) }));
    if (watched !== 'running') return found;
    return found
      .filter(({ state }) => isRunning(state))
      .sort((a, b) => (a.config.created < b.config.created ? 1 : -1));
  }

  private sample(id: string, pid: number): Sample {
    const folders = this.cgroupOf(id, pid);
    const usage = folders === undefined ? this.usageWithoutCgroup(id) : readCgroupUsage(folders);
    const at = performance.now();
    const traffic = readTraffic(pid);
    return { at, ...usage, ...(traffic && { traffic }) };
  }

  private usageWithoutCgroup(id: string): CgroupUsage {
    try {
      return readProcessUsage(containerPids(this.engine, id));
    } catch (error) {
      if (hasCode(error, 'NOT_RUNNING')) return {}; // since a moment
      throw error;
    }
  }

  /** A container's processes stay in its group for as long as it runs. */
  private cgroupOf(id: string, pid: number): CgroupFolders | undefined {
    const known = this.cgroups.get(id);
    if (known?.pid === pid) return known.folders;
    const folders = cgroupFolders(readCgroupFile(pid), id);
    this.cgroups.set(id, { pid, folders });
    return folders;
  }
}

function readCgroupFile(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
}

/** Per cent of one processor between two looks; 0 without an earlier one. */
export function cpuPercent(before: Sample | undefined, now: Sample): number {
  if (before?.cpu === undefined || now.cpu === undefined || now.at <= before.at) return 0;
  // Processes that nobody waited for take their time with them where there is no cgroup that remembers it.
  const used = Math.max(0, now.cpu.total - before.cpu.total);
  return (used / 1e6 / (now.at - before.at)) * 100;
}

/** No container can use more than the machine has. */
export function effectiveLimit({ limit }: NonNullable<CgroupUsage['memory']>): number {
  return Math.min(limit, totalmem());
}

export function memoryPercent(memory: CgroupUsage['memory']): number {
  return memory === undefined ? 0 : (memory.used / effectiveLimit(memory)) * 100;
}
