/** What a machine's containers must not leave behind. Other tests run on this host too, so only its own things count. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Traces {
  /** The machine's folder: in the arguments, environment, folder or mounts of all that it starts. */
  folder: string;
  /** True for users made for this machine alone: every process of theirs is ours. */
  owns(uid: number): boolean;
}

/** Processes of the machine that still live. */
export function processesOf({ folder, owns }: Traces): string[] {
  // Else every process would seem to be its own, and callers may kill them.
  if (!folder.startsWith('/')) throw new Error('the machine is not open');
  const found: string[] = [];
  const ownMounts = link('/proc/self/ns/mnt');
  for (const pid of list('/proc').filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    const words = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
    const traces = [words, read(`/proc/${pid}/environ`), link(`/proc/${pid}/cwd`)];
    const mounts = link(`/proc/${pid}/ns/mnt`);
    // (One that does not tell, as a first process may not, most likely sees the mounts that we see.)
    if (mounts !== '' && mounts !== ownMounts) traces.push(read(`/proc/${pid}/mountinfo`));
    const status = read(`/proc/${pid}/status`);
    const isGone = status === '' || /^State:\s+[ZX]/m.test(status);
    const uid = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? -1);
    if (!isGone && (owns(uid) || traces.some((trace) => trace.includes(folder))))
      found.push(`process ${pid}: ${words}`);
  }
  return found;
}

/** The pids of processes that work in this folder, which could not be unmounted then. */
export function processesIn(folder: string): string[] {
  return list('/proc').filter((name) => /^\d+$/.test(name) && link(`/proc/${name}/cwd`) === folder);
}

export function mountsBelow(folder: string): string[] {
  return read('/proc/self/mountinfo')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${folder}/`))
    .map((point) => `mount ${point}`);
}

/** The machine's bridge and the veths on it, from the record of its default network. */
export function interfacesOf(runRoot: string): string[] {
  return list(`${runRoot}/networks`).flatMap((network) => {
    const text = read(`${runRoot}/networks/${network}/network.json`);
    if (text === '') return [];
    const { interface: name, driver } = JSON.parse(text) as { interface: string; driver: string };
    return driver === 'bridge' ? [name, ...list(`/sys/class/net/${name}/brif`)] : [];
  });
}

/** Which of these interfaces exist, or have rules in the firewall. */
export function interfacesLeft(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const rules = Bun.spawnSync(['nft', 'list', 'ruleset']).stdout.toString();
  return [
    ...names.filter((name) => existsSync(`/sys/class/net/${name}`)).map((name) => `interface ${name}`),
    ...names.filter((name) => rules.includes(`"${name}"`)).map((name) => `firewall rules of ${name}`),
  ];
}

/**
 * Cgroups of containers in which nothing lives, a container's own goes with it. Those of other machines, whose tests run
 * at the same time, do not count: what a killed build left there waits for its next command.
 */
export function emptyCgroups(): Set<string> {
  const others = new Set(list(tmpdir()).flatMap(runningOn));
  const empty = cgroups('/sys/fs/cgroup', 3).filter((folder) => !others.has(folder.slice(-64)));
  return new Set(empty.filter((folder) => !isInhabited(folder)));
}

/** Ids of what has a bundle in the RUNROOT of a machine, if the folder is one. */
function runningOn(folder: string): string[] {
  return folder.startsWith('e2e-') ? list(join(tmpdir(), folder, 'run/proa/containers')) : [];
}

/** Whether a process lives in it or below: a container may have made groups of its own. */
function isInhabited(folder: string): boolean {
  if (read(`${folder}/cgroup.procs`) !== '') return true;
  return list(folder).some((name) => {
    const below = `${folder}/${name}`;
    return existsSync(`${below}/cgroup.procs`) && isInhabited(below);
  });
}

function cgroups(folder: string, depth: number): string[] {
  return list(folder).flatMap((name) => {
    if (/^proa-[0-9a-f]{64}$/.test(name)) return [`${folder}/${name}`];
    return depth > 0 && !name.includes('.') ? cgroups(`${folder}/${name}`, depth - 1) : [];
  });
}

// What cannot be read is another user's, or has just gone.

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function link(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
