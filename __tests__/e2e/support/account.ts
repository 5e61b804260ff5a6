/** The people who type `proa` in these tests: root, and ordinary users made for the purpose. */
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';

/** `single` is a user without subordinate ids. */
export type Who = 'root' | 'user' | 'single';

export interface Account {
  name: string;
  uid: number;
  gid: number;
  /** Owners of what its containers leave on the host: its own id and the subordinate ones. */
  owns(uid: number): boolean;
  remove(): void;
}

const AM_ROOT = process.geteuid!() === 0;
/** As many as Debian gives. */
const SUBORDINATE = 65_536;

/** Why nobody can act as `who` here; undefined when that is possible. */
export function whyNot(who: Who): string | undefined {
  if (AM_ROOT) return undefined;
  if (who === 'root') return 'needs root';
  const has = hasSubordinateIds(ownName());
  if (who === 'user') return has ? undefined : 'this user has no subordinate ids';
  return has ? 'this user has subordinate ids' : undefined;
}

/** Why this person's containers cannot have a network of their own. */
export function whyNoNetwork(who: Who): string | undefined {
  return AM_ROOT || who === 'root' || isOpen('/dev/net/tun')
    ? undefined
    : '/dev/net/tun is closed to users here';
}

/** As root makes a user whose home is `home`; an ordinary user plays the part themselves. */
export function openAccount(who: Who, home: string): Account {
  if (who === 'root') return { name: 'root', uid: 0, gid: 0, owns: () => false, remove: () => {} };
  if (!AM_ROOT) {
    const [uid, gid] = [process.getuid!(), process.getgid!()];
    return { name: ownName(), uid, gid, owns: () => false, remove: () => {} };
  }
  const name = `proa-e2e-${crypto.randomUUID().slice(0, 8)}`;
  execFileSync('useradd', ['-m', '-d', home, '-s', '/bin/sh', '-K', 'SUB_UID_COUNT=0', name], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // Where useradd knows no SUB_UID_COUNT of 0, it gave some: a single-id user must have none.
  for (const file of ['/etc/subuid', '/etc/subgid']) dropLines(file, name);
  const first = 2 ** 29 + Math.floor(Math.random() * 2 ** 13) * SUBORDINATE;
  const last = first + SUBORDINATE - 1;
  if (who === 'user') {
    const range = `${first}-${last}`;
    execFileSync('usermod', ['--add-subuids', range, '--add-subgids', range, name]);
  }
  const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  const uid = id('-u');
  return {
    name,
    uid,
    gid: id('-g'),
    owns: (other) => other === uid || (who === 'user' && other >= first && other <= last),
    remove: () => {
      // It takes the lines of /etc/subuid and /etc/subgid along.
      execFileSync('userdel', ['--force', name], { stdio: ['ignore', 'ignore', 'pipe'] });
    },
  };
}

/** The start of a command line that makes root become the account. */
export function becoming(who: Who, { uid, gid }: Account): string[] {
  if (who === 'root' || !AM_ROOT) return [];
  const user = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'];
  if (isOpen('/dev/net/tun') && isOpen('/dev/fuse')) return user;
  // On a usual machine everybody may open these (rootless networks and id shifts need that). Here they see ones that they
  // may, in a mount namespace of their own; the machine's stay as they are.
  const script =
    'mount -t tmpfs none /dev/net && mknod /dev/net/tun c 10 200 && chmod 666 /dev/net/tun && ' +
    'if [ -e /dev/fuse ]; then mknod /dev/net/fuse c 10 229; chmod 666 /dev/net/fuse; ' +
    'mount --bind /dev/net/fuse /dev/fuse; rm /dev/net/fuse; fi && exec "$@"';
  return ['unshare', '--mount', '--propagation=private', 'sh', '-ec', script, 'sh', ...user];
}

function isOpen(device: string): boolean {
  const mode = statSync(device, { throwIfNoEntry: false })?.mode ?? 0;
  return (mode & 0o006) === 0o006;
}

/** Not from the environment, which `su` may leave as it was. */
function ownName(): string {
  return execFileSync('id', ['-un'], { encoding: 'utf8' }).trim();
}

function hasSubordinateIds(name: string): boolean {
  return read('/etc/subuid').includes(`${name}:`) && read('/etc/subgid').includes(`${name}:`);
}

function dropLines(file: string, name: string): void {
  if (read(file).includes(`${name}:`)) execFileSync('sed', ['-i', `/^${name}:/d`, file]);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // no such file: no ids
  }
}
