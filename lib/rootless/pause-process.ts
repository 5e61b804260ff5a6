/** Starts the process that holds a user's namespaces open, and gives it the user's ids. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { hasCode, messageOf, ProaError } from '../core/error.ts';
import { type ProcessHandle, processHandle } from '../core/process-handle.ts';
import { findProgram, packageOf, tryFindProgram } from '../core/programs.ts';
import { buildIdMap, type IdMap } from './id-map.ts';
import { readSubordinateIds } from './subordinate-ids.ts';

/** unshare(1) does this within milliseconds; a machine that swaps may take longer. */
const START_TIMEOUT = 10_000;

/**
 * A new user namespace with all of the user's ids (0 is the user, the subordinate ids follow; without subordinate ids
 * 0 alone) and a mount namespace that the host's mounts reach but whose own mounts stay inside. The process lives in a
 * session of its own, without our descriptors, until someone ends it.
 * @throws ProaError USERNS_* or PROGRAM_MISSING; nothing is left running then
 */
export async function startPauseProcess(): Promise<ProcessHandle> {
  const unshare = findProgram('unshare');
  const args = ['--user', '--mount', '--propagation', 'slave', '--', ...pauseCommand()];
  const child = spawn(unshare, args, { detached: true, stdio: 'ignore', cwd: '/' });
  child.unref();
  try {
    const pid = await waitUntilInside(child, unshare);
    mapIds(pid);
    const handle = processHandle(pid);
    if (handle !== undefined) return handle;
    throw new ProaError('USERNS_FAILED', 'create user namespace: its first process ended');
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

/**
 * A process in the namespaces of a pause process that was killed: its containers still run in there, and a new namespace
 * would not have their mounts. Their conmons serve as well, as long as one of them lives.
 */
export function findOrphan({ runRoot }: { runRoot: string }): ProcessHandle | undefined {
  const ours = readlinkSync('/proc/self/ns/user');
  for (const id of listFolder(`${runRoot}/containers`)) {
    try {
      const pid = Number(readFileSync(`${runRoot}/containers/${id}/conmon.pid`, 'latin1'));
      const handle = processHandle(pid);
      const isConmon = readFileSync(`/proc/${pid}/comm`, 'latin1') === 'conmon\n';
      if (isConmon && readlinkSync(`/proc/${pid}/ns/user`) !== ours && handle !== undefined) return handle;
    } catch {
      // It has no conmon, or that is gone, or not ours: the next one.
    }
  }
  return undefined;
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** catatonit only waits, in 100 kB; sleep serves where it is not installed. */
function pauseCommand(): string[] {
  const catatonit = tryFindProgram('catatonit');
  return catatonit === undefined ? [findProgram('sleep'), 'infinity'] : [catatonit, '-P'];
}

/** unshare has done its part when it has become the next program: the namespaces and the propagation are then set. */
async function waitUntilInside(child: ChildProcess, unshare: string): Promise<number> {
  const ours = readlinkSync('/proc/self/ns/user');
  const end = performance.now() + START_TIMEOUT;
  for (let pause = 0.5; performance.now() < end; pause = Math.min(pause * 1.5, 20)) {
    await Bun.sleep(pause);
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) break;
    try {
      const inside = readlinkSync(`/proc/${child.pid}/ns/user`) !== ours;
      if (inside && readFileSync(`/proc/${child.pid}/comm`, 'latin1') !== 'unshare\n') return child.pid;
    } catch {
      // It ended between the two looks: the next round sees its exit code.
    }
  }
  throw refusal(unshare);
}

/** Why the kernel does not let this user make a user namespace. */
function refusal(unshare: string): ProaError {
  const sysctl = (name: string): string | undefined => {
    try {
      return readFileSync(`/proc/sys/${name}`, 'latin1').trim();
    } catch {
      return undefined; // a kernel without this switch
    }
  };
  const fail = (why: string, hint: string): ProaError =>
    new ProaError('USERNS_FORBIDDEN', `create user namespace: ${why}`, { hint });
  if (sysctl('user/max_user_namespaces') === '0') {
    return fail('user.max_user_namespaces is 0', 'sudo sysctl -w user.max_user_namespaces=15000');
  }
  if (sysctl('kernel/unprivileged_userns_clone') === '0') {
    return fail('kernel.unprivileged_userns_clone is 0', 'sudo sysctl -w kernel.unprivileged_userns_clone=1');
  }
  if (sysctl('kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return fail(
      'AppArmor restricts it to programs with a profile (kernel.apparmor_restrict_unprivileged_userns is 1)',
      'install a profile with "userns," for proa in /etc/apparmor.d, or run: ' +
        'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
    );
  }
  const again = spawnSync(unshare, ['--user', '--mount', '--propagation', 'slave', 'true'], {
    encoding: 'utf8',
  });
  const why = again.stderr?.trim().split('\n').at(-1) || 'it could not be made';
  return fail(
    why,
    'proa doctor; inside another container, that one must allow it (--security-opt seccomp=unconfined)',
  );
}

function mapIds(pid: number): void {
  const uid = process.geteuid!();
  const gid = process.getegid!();
  const { uids, gids } = readSubordinateIds(uid);
  // A user with only half of the ids could make files whose group no one can name: all or nothing.
  if (uids.length === 0 || gids.length === 0) mapSingleId(pid, uid, gid);
  else {
    writeMap('newuidmap', pid, buildIdMap(uid, uids), '/etc/subuid');
    writeMap('newgidmap', pid, buildIdMap(gid, gids), '/etc/subgid');
  }
}

/** What the kernel lets anyone do: their own id, and no setgroups(2) (user_namespaces(7)). */
function mapSingleId(pid: number, uid: number, gid: number): void {
  writeFileSync(`/proc/${pid}/setgroups`, 'deny');
  writeFileSync(`/proc/${pid}/uid_map`, `0 ${uid} 1`);
  writeFileSync(`/proc/${pid}/gid_map`, `0 ${gid} 1`);
}

function writeMap(name: 'newuidmap' | 'newgidmap', pid: number, map: IdMap, table: string): void {
  const program = findProgram(name);
  const numbers = map.flatMap(({ inside, outside, size }) => [inside, outside, size]).map(String);
  const result = spawnSync(program, [String(pid), ...numbers], { encoding: 'utf8' });
  if (result.status === 0) return;
  const why = result.error ? messageOf(result.error) : result.stderr.trim().split('\n').at(-1) || 'it failed';
  throw new ProaError('USERNS_ID_MAP', `map the ids of ${table}: ${why}`, {
    hint: `${name} must be set-uid root: sudo apt-get install --reinstall ${packageOf(name)}; check the ranges in ${table}`,
  });
}
