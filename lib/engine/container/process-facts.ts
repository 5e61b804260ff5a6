/** What /proc tells of a container's processes: as the host numbers and names things, and as the container does. */
import { readFileSync, readlinkSync } from 'node:fs';
import { readInRoot } from '../../core/rooted.ts';
import { type IdMap, parseIdMap, toInside, toOutside } from '../../rootless/id-map.ts';
import { readContainer } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { containerPids } from './processes.ts';

/** USER_HZ: in how many parts of a second Linux gives times to user space (time(7)). */
const TICKS = 100;

/** Ids in the container's user namespace, in ours, and on the host; absent where there is none for it. */
export interface ProcessId {
  inside?: number;
  here: number;
  outside?: number;
}

export interface ProcessFacts {
  /** As the host numbers it, and its parent. */
  hostPid: number;
  hostParent: number;
  /** As the container does; a parent outside of it is 0. */
  pid: number;
  parent: number;
  group: number;
  name: string;
  args: string[];
  /** proc_pid_stat(5), field 3. */
  state: string;
  /** `pts/0`; undefined without a terminal. */
  tty?: string;
  nice: number;
  /** Milliseconds: on processors, since the start, and of the start since 1970. */
  cpuTime: number;
  elapsed: number;
  startedAt: number;
  /** Kibibytes: in memory, and of addresses. */
  resident: number;
  virtual: number;
  user: { real: ProcessId; effective: ProcessId };
  userGroup: { real: ProcessId; effective: ProcessId };
  groups: ProcessId[];
  /** Hexadecimal masks. */
  capabilities: Record<'Inh' | 'Prm' | 'Eff' | 'Bnd' | 'Amb', string>;
  /** 0 none, 1 strict, 2 filter. */
  seccomp: number;
  /** Of SELinux or AppArmor. */
  label: string;
}

export interface ProcessList {
  /** By the host's number. */
  processes: ProcessFacts[];
  /** passwd(5) and group(5) of the container and of the host; '' where there is no such file. */
  names: Record<'inside' | 'outside', { passwd: string; group: string }>;
}

/** @throws ProaError NOT_RUNNING */
export function listProcesses(engine: Engine, id: string): ProcessList {
  const pids = [...containerPids(engine, id)].sort((a, b) => a - b);
  const first = readContainer(engine.store, id)?.state.process?.pid ?? 0;
  const reader = new Reader(engine, first);
  return {
    processes: pids.map((pid) => reader.read(pid)).filter((facts) => facts !== undefined),
    names: {
      inside: {
        passwd: inContainer(first, '/etc/passwd'),
        group: inContainer(first, '/etc/group'),
      },
      outside: { passwd: text('/etc/passwd'), group: text('/etc/group') },
    },
  };
}

class Reader {
  /** Seconds since the boot. */
  private readonly uptime = Number(text('/proc/uptime').split(' ')[0]);
  private readonly now = Date.now();
  /** At which place of NSpid the container's own number stands. */
  private readonly level: number;
  private readonly maps: { user: IdMap | undefined; group: IdMap | undefined };

  constructor(
    private readonly engine: Engine,
    first: number,
  ) {
    this.level = status(first, 'NSpid').split('\t').length - 1;
    const same = link(`/proc/${first}/ns/user`) === link('/proc/self/ns/user');
    this.maps = {
      user: same ? undefined : parseIdMap(text(`/proc/${first}/uid_map`)),
      group: same ? undefined : parseIdMap(text(`/proc/${first}/gid_map`)),
    };
  }

  read(pid: number): ProcessFacts | undefined {
    const stat = text(`/proc/${pid}/stat`);
    const lines = text(`/proc/${pid}/status`);
    // It ended meanwhile.
    if (stat === '' || lines === '') return undefined;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const number = (field: number): number => Number(fields[field - 3]);
    const elapsed = Math.max(0, this.uptime - number(22) / TICKS) * 1000;
    const mask = (set: string): string => value(lines, `Cap${set}`);
    const tty = terminal(number(7));
    return {
      hostPid: pid,
      hostParent: number(4),
      pid: this.inside(value(lines, 'NSpid')),
      parent: this.inside(status(number(4), 'NSpid')),
      group: this.inside(value(lines, 'NSpgid')),
      name: stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')),
      args: text(`/proc/${pid}/cmdline`).split('\0').slice(0, -1),
      state: fields[0]!,
      ...(tty !== undefined && { tty }),
      nice: number(19),
      cpuTime: ((number(14) + number(15)) * 1000) / TICKS,
      elapsed,
      startedAt: this.now - elapsed,
      resident: kibibytes(lines, 'VmRSS'),
      virtual: kibibytes(lines, 'VmSize'),
      ...this.ids(lines),
      capabilities: {
        Inh: mask('Inh'),
        Prm: mask('Prm'),
        Eff: mask('Eff'),
        Bnd: mask('Bnd'),
        Amb: mask('Amb'),
      },
      seccomp: Number(value(lines, 'Seccomp')),
      label: text(`/proc/${pid}/attr/current`).replace(/[\0\n]+$/, ''),
    };
  }

  private ids(lines: string): Pick<ProcessFacts, 'user' | 'userGroup' | 'groups'> {
    const { uidMap, gidMap } = this.engine.identity;
    const user = (here: number): ProcessId => idOf(here, this.maps.user, uidMap);
    const group = (here: number): ProcessId => idOf(here, this.maps.group, gidMap);
    const [uid, euid] = numbers(value(lines, 'Uid'));
    const [gid, egid] = numbers(value(lines, 'Gid'));
    return {
      user: { real: user(uid!), effective: user(euid!) },
      userGroup: { real: group(gid!), effective: group(egid!) },
      groups: numbers(value(lines, 'Groups')).map(group),
    };
  }

  private inside(numbersByNamespace: string): number {
    return Number(numbersByNamespace.split('\t')[this.level] ?? 0);
  }
}

/** @param map the container's, relative to our namespace; undefined when both are one */
function idOf(here: number, map: IdMap | undefined, host: IdMap): ProcessId {
  const inside = map === undefined ? here : toInside(map, here);
  const outside = toOutside(host, here);
  return { here, ...(inside !== undefined && { inside }), ...(outside !== undefined && { outside }) };
}

/** makedev(3): 136 to 143 are pseudo-terminals, 4 consoles and serial lines (devices.txt). */
function terminal(device: number): string | undefined {
  const major = (device >> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  if (major >= 136 && major <= 143) return `pts/${(major - 136) * 256 + minor}`;
  if (major === 4) return minor < 64 ? `tty${minor}` : `ttyS${minor - 64}`;
  return undefined;
}

function status(pid: number, key: string): string {
  return value(text(`/proc/${pid}/status`), key);
}

/** A line of proc_pid_status(5); '' when there is none. */
function value(lines: string, key: string): string {
  return new RegExp(`^${key}:\\t *(.*)$`, 'm').exec(lines)?.[1] ?? '';
}

function kibibytes(lines: string, key: string): number {
  return Number.parseInt(value(lines, key), 10) || 0;
}

function numbers(words: string): number[] {
  return words.split(/\s+/).filter(Boolean).map(Number);
}

function inContainer(pid: number, file: string): string {
  try {
    return readInRoot(`/proc/${pid}/root`, file) ?? '';
  } catch {
    return ''; // the container ended meanwhile, or it is no file: then ids have no names
  }
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // the process ended meanwhile, or this kernel has no such file
  }
}

function link(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined; // the process ended meanwhile
  }
}
