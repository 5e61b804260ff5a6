/** One line of `stats`: the fields that templates may name (docker-stats(1) and podman-stats(1), "--format"). */
import { totalmem } from 'node:os';
import { formatBytes, formatBytesBinary, formatGoDuration } from '../../cli/values.ts';
import type { ContainerStats } from '../../engine/container/stats.ts';

export const STATS_TABLE =
  'table {{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}';

export const STATS_HEADERS: Readonly<Record<string, string>> = {
  ID: 'CONTAINER ID',
  CPUPerc: 'CPU %',
  MemUsage: 'MEM USAGE / LIMIT',
  MemPerc: 'MEM %',
  NetIO: 'NET I/O',
  BlockIO: 'BLOCK I/O',
  ContainerID: 'CONTAINER ID',
  AvgCPU: 'AVG CPU %',
  CPU: 'CPU %',
  CPUNano: 'CPU NANO',
  CPUSystemNano: 'CPU SYSTEM NANO',
  SystemNano: 'SYSTEM NANO',
  PerCPU: 'PER CPU',
  Duration: 'DURATION',
  UpTime: 'CPU TIME',
  MemLimit: 'MEM LIMIT',
  MemUsageBytes: 'MEM USAGE / LIMIT',
  NetInput: 'NET INPUT',
  NetOutput: 'NET OUTPUT',
  BlockInput: 'BLOCK INPUT',
  BlockOutput: 'BLOCK OUTPUT',
  PIDS: 'PIDS',
};

/** Podman's fields. They are inherited, so that `--format json` has Docker's and no others. */
class PodmanFields {
  readonly #stats: ContainerStats;

  constructor(stats: ContainerStats) {
    this.#stats = stats;
  }
  get ContainerID(): string {
    return this.#stats.id;
  }
  get CPU(): number {
    return this.#stats.cpuPercent;
  }
  get AvgCPU(): number {
    return this.#stats.averageCpuPercent;
  }
  /** Nanoseconds. */
  get CPUNano(): number {
    return this.#stats.cpu?.total ?? 0;
  }
  get CPUSystemNano(): number {
    return this.#stats.cpu?.system ?? 0;
  }
  /** Nanoseconds since 1970: when the figures were read. */
  get SystemNano(): number {
    return Date.now() * 1e6;
  }
  get PerCPU(): number[] {
    return this.#stats.perCpu ?? [];
  }
  get Duration(): number {
    return this.CPUNano;
  }
  get UpTime(): string {
    return formatGoDuration(this.CPUNano);
  }
  get MemLimit(): number {
    return this.#stats.memory?.limit ?? 0;
  }
  get MemUsageBytes(): string {
    return memoryText(this.#stats);
  }
  get NetInput(): number {
    return this.#stats.traffic?.received ?? 0;
  }
  get NetOutput(): number {
    return this.#stats.traffic?.sent ?? 0;
  }
  get BlockInput(): number {
    return this.#stats.blockIo?.read ?? 0;
  }
  get BlockOutput(): number {
    return this.#stats.blockIo?.written ?? 0;
  }
  get PIDS(): number {
    return this.#stats.pids ?? 0;
  }
}

/**
 * The row.
 * @param typed the name by which the container was asked for
 * @param full show the id in full
 */
export function statsRow(stats: ContainerStats, { typed, full }: { typed?: string; full: boolean }): object {
  const id = full ? stats.id : stats.id.slice(0, 12);
  const { traffic, blockIo } = stats;
  return Object.assign(new PodmanFields(stats), {
    BlockIO: pair(blockIo?.read, blockIo?.written),
    CPUPerc: percent(stats.cpuPercent),
    Container: typed ?? id,
    ID: id,
    MemPerc: percent(stats.memoryPercent),
    MemUsage: memoryText(stats),
    Name: stats.name,
    NetIO: pair(traffic?.received, traffic?.sent),
    PIDs: String(stats.pids ?? 0),
  });
}

function percent(value: number): string {
  return `${value.toFixed(2)}%`;
}

function pair(input = 0, output = 0): string {
  return `${formatBytes(input)} / ${formatBytes(output)}`;
}

function memoryText({ memory, running }: ContainerStats): string {
  const limit = running ? (memory?.limit ?? totalmem()) : 0;
  return `${formatBytesBinary(memory?.used ?? 0)} / ${formatBytesBinary(limit)}`;
}
