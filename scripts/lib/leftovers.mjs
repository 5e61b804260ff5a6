/**
 * What the tests left on the machine: two looks, and the difference. Other things run here too, so only what can be told
 * to be Proa's or the suite's counts: the suite has a TMPDIR of its own, whose path is in the arguments, environment or
 * mounts of nearly everything that it starts; the rest carries Proa's name.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where Proa keeps things when no test says otherwise, and where its temporary files are. */
const FOLDERS = [
  '/tmp',
  '/run',
  '/run/proa',
  '/var/lib',
  '/var/lib/proa',
  '/var/lib/proa/containers',
  `/run/user/${process.geteuid()}`,
  `${homedir()}/.local/share`,
  `${homedir()}/.local/share/proa/containers`,
];

/** Proa's things on this machine now, one line each. `tmp` is the suite's TMPDIR. */
export function look(tmp) {
  return new Set([
    ...files(tmp),
    ...processes(tmp),
    ...mounts(tmp),
    ...interfaces(),
    ...tables(),
    ...cgroups('/sys/fs/cgroup', 5),
  ]);
}

/** What is there now and was not before. What is just ending gets some seconds to do so. */
export async function leftSince(before, tmp) {
  for (let tries = 0; ; tries++) {
    const left = [...look(tmp)].filter((line) => !before.has(line));
    if (left.length === 0 || tries === 20) return left;
    await sleep(250);
  }
}

function files(tmp) {
  const named = FOLDERS.flatMap((folder) =>
    list(folder)
      .filter((name) => /proa/i.test(name) || folder.includes('proa'))
      .map((name) => `${folder}/${name}`),
  );
  return [...named.filter((path) => path !== tmp), ...list(tmp).map((name) => `${tmp}/${name}`)].map(
    (path) => `file ${path}`,
  );
}

function processes(tmp) {
  const found = [];
  const ownMounts = link('/proc/self/ns/mnt');
  for (const pid of list('/proc').filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    const words = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
    const traces = [words, read(`/proc/${pid}/environ`), link(`/proc/${pid}/cwd`)];
    // A container is told by what its root is made of.
    if (link(`/proc/${pid}/ns/mnt`) !== ownMounts) traces.push(read(`/proc/${pid}/mountinfo`));
    if (traces.some((trace) => trace.includes(tmp))) found.push(`process ${pid} ${words.slice(0, 150)}`);
  }
  return found;
}

function mounts(tmp) {
  const lines = read('/proc/self/mountinfo').split('\n');
  return lines
    .filter((line) => line.includes(tmp) || line.includes('/proa'))
    .map((line) => `mount ${line.split(' ')[4]}`);
}

function interfaces() {
  const all = list('/sys/class/net');
  return all.filter((name) => /^(proa|veth)/.test(name)).map((name) => `interface ${name}`);
}

function tables() {
  const { stdout } = spawnSync('nft', ['list', 'tables'], { encoding: 'utf8' });
  return (stdout ?? '').split('\n').filter((line) => line.includes('proa'));
}

function cgroups(folder, depth) {
  const found = [];
  for (const { name, isFolder } of entries(folder)) {
    if (!isFolder) continue;
    if (name.includes('proa')) found.push(`cgroup ${folder}/${name}`);
    else if (depth > 0) found.push(...cgroups(`${folder}/${name}`, depth - 1));
  }
  return found;
}

function list(folder) {
  return entries(folder).map(({ name }) => name);
}

// Below, what cannot be read is not ours or has just gone; neither is left over.

function entries(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      isFolder: entry.isDirectory(),
    }));
  } catch {
    return [];
  }
}

function read(file) {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

function link(file) {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
