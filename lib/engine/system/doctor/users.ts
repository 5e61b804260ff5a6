/** What containers of ordinary users need: namespaces, subordinate ids, devices, a runtime folder. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { tryFindProgram } from '../../../core/programs.ts';
import type { Identity } from '../../../rootless/identity.ts';
import { readSubordinateIds, userName } from '../../../rootless/subordinate-ids.ts';
import type { Diagnosis } from '../doctor.ts';
import { checkUserPrograms } from './programs.ts';
import { isWritable } from './storage.ts';

/** The ids that images use: `nobody` is 65534. */
const ENOUGH_IDS = 65_536;

export function* checkUser(identity: Identity): Iterable<Diagnosis> {
  const name = userName(identity.uid) ?? String(identity.uid);
  yield userNamespaces('missing');
  yield subordinateIds(identity.uid, name);
  yield runtimeFolder(identity.uid, name);
  yield tun(isWritable('/dev/net/tun'), 'missing');
  yield fuse(isWritable('/dev/fuse'));
  if (existsSync('/run/systemd/system')) yield linger(name);
}

/** The same, as far as root can see it for others; nothing of it keeps root from running containers. */
export function* checkUsersOfThisMachine(): Iterable<Diagnosis> {
  const forUsers = (diagnosis: Diagnosis): Diagnosis => ({
    ...diagnosis,
    what: `for users: ${diagnosis.what}`,
  });
  yield forUsers(userNamespaces('warning'));
  for (const diagnosis of checkUserPrograms()) yield forUsers(diagnosis);
  yield forUsers(tun(isOpenToAll('/dev/net/tun'), 'warning'));
  yield forUsers(fuse(isOpenToAll('/dev/fuse')));
}

/** The kernel's switches (Documentation/admin-guide/sysctl/user.rst; the second is Debian's, the third Ubuntu's). */
const SWITCHES = [
  { file: 'user/max_user_namespaces', off: '0', on: '15000' },
  { file: 'kernel/unprivileged_userns_clone', off: '0', on: '1' },
  { file: 'kernel/apparmor_restrict_unprivileged_userns', off: '1', on: '0' },
] as const;

function userNamespaces(severity: 'warning' | 'missing'): Diagnosis {
  const what = 'user namespaces';
  for (const { file, off, on } of SWITCHES) {
    if (!existsSync(`/proc/sys/${file}`) || readFileSync(`/proc/sys/${file}`, 'latin1').trim() !== off)
      continue;
    const key = file.replace('/', '.');
    return { state: severity, what, why: `forbidden: ${key} is ${off}`, cure: `sudo sysctl -w ${key}=${on}` };
  }
  const unshare = tryFindProgram('unshare');
  if (unshare === undefined) return { state: 'ok', what, why: 'not forbidden' };
  const { exitCode, stderr } = Bun.spawnSync([unshare, '--user', '--mount', 'true'], { stderr: 'pipe' });
  if (exitCode === 0) return { state: 'ok', what, why: 'allowed' };
  const why = stderr.toString().trim().split('\n').at(-1) || 'they cannot be made';
  const cure = 'inside another container, start that one with --security-opt seccomp=unconfined';
  return { state: severity, what, why, cure };
}

function subordinateIds(uid: number, name: string): Diagnosis {
  const what = 'subordinate ids';
  const { uids, gids } = readSubordinateIds(uid);
  const sum = (ranges: typeof uids): number => ranges.reduce((total, { count }) => total + count, 0);
  const [users, groups] = [sum(uids), sum(gids)];
  const cure = `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${name}`;
  if (users === 0 || groups === 0) {
    const why =
      `none for ${name} in /etc/sub${users === 0 ? 'uid' : 'gid'}: single-id mode is used, in which all files of a ` +
      'container belong to one id, and programs that change their user fail';
    return { state: 'warning', what, why, cure };
  }
  const helpers = ['newuidmap', 'newgidmap'].filter((helper) => tryFindProgram(helper) === undefined);
  if (helpers.length > 0) {
    const why = `${helpers.join(' and ')} must be there to use them: without ${helpers.length > 1 ? 'them' : 'it'} nothing runs`;
    return { state: 'missing', what, why, cure: 'sudo apt-get install uidmap' };
  }
  const why = `${users} users and ${groups} groups for ${name}`;
  if (users < ENOUGH_IDS || groups < ENOUGH_IDS) {
    return { state: 'warning', what, why: `${why}: fewer than the ${ENOUGH_IDS} that images may use`, cure };
  }
  return { state: 'ok', what, why };
}

function runtimeFolder(uid: number, name: string): Diagnosis {
  const what = 'XDG_RUNTIME_DIR';
  const folder = process.env.XDG_RUNTIME_DIR;
  const cure = `sudo loginctl enable-linger ${name}, then export XDG_RUNTIME_DIR=/run/user/${uid}`;
  if (!folder) return { state: 'warning', what, why: 'not set: a folder in /run/user or /tmp is used', cure };
  const status = statSync(folder, { throwIfNoEntry: false });
  if (status === undefined) return { state: 'missing', what, why: `${folder} does not exist`, cure };
  if (status.uid !== uid || !isWritable(folder)) {
    return {
      state: 'missing',
      what,
      why: `${folder} belongs to user ${status.uid} (was this shell opened with su?)`,
      cure,
    };
  }
  return { state: 'ok', what, why: folder };
}

function tun(usable: boolean, severity: 'warning' | 'missing'): Diagnosis {
  const what = '/dev/net/tun';
  if (usable) return { state: 'ok', what, why: 'usable' };
  const why = `${existsSync(what) ? 'not open to users' : 'not there'}: a user’s network needs it (--network none and host do not)`;
  return { state: severity, what, why, cure: 'sudo modprobe tun && sudo chmod 666 /dev/net/tun' };
}

function fuse(usable: boolean): Diagnosis {
  const what = '/dev/fuse';
  if (usable) return { state: 'ok', what, why: 'usable' };
  const why = `${existsSync(what) ? 'not open to users' : 'not there'}: programs in containers that mount FUSE need it`;
  return { state: 'warning', what, why, cure: 'sudo modprobe fuse && sudo chmod 666 /dev/fuse' };
}

function linger(name: string): Diagnosis {
  const what = 'linger';
  if (existsSync(`/var/lib/systemd/linger/${name}`)) return { state: 'ok', what, why: `on for ${name}` };
  const why = `off for ${name}: systemd ends all containers when the last session closes`;
  return { state: 'warning', what, why, cure: `sudo loginctl enable-linger ${name}` };
}

function isOpenToAll(device: string): boolean {
  const status = statSync(device, { throwIfNoEntry: false });
  return status !== undefined && (status.mode & 0o006) === 0o006;
}
