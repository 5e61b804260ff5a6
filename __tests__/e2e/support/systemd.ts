/** A real `systemd --user` for a machine's person, also on a host where systemd is not the first process. */
import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { chown, readdir } from 'node:fs/promises';
import { becoming } from './account.ts';
import { eventually } from './child.ts';
import type { Machine } from './machine.ts';

const SYSTEMD = '/lib/systemd/systemd';

export function whyNoSystemd(): string | undefined {
  if (process.geteuid!() !== 0) return 'only root can delegate cgroups to a user';
  return existsSync(SYSTEMD) && Bun.which('systemd-run') !== null ? undefined : 'systemd is not installed';
}

export class UserSystemd implements AsyncDisposable {
  private constructor(
    private readonly machine: Machine,
    private readonly child: Bun.Subprocess,
    private readonly cgroups: readonly string[],
  ) {}

  /** Starts it and waits until it answers. */
  static async start(machine: Machine): Promise<UserSystemd> {
    const { uid, gid } = machine.account;
    const name = `e2e-systemd-${uid}`;
    const cgroups = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified', '/sys/fs/cgroup']
      .filter((folder) => existsSync(`${folder}/cgroup.procs`))
      .map((folder) => `${folder}/${name}`);
    for (const cgroup of cgroups) {
      mkdirSync(cgroup, { recursive: true });
      await chown(cgroup, uid, gid);
      for (const file of await readdir(cgroup)) {
        if (/^cgroup\.(procs|threads|subtree_control)$|^tasks$/.test(file))
          await chown(`${cgroup}/${file}`, uid, gid);
      }
    }
    // It only starts where a systemd seems to be in charge (sd_booted(3)).
    const script = `for c in ${cgroups.join(' ')}; do echo $$ >$c/cgroup.procs; done
      mkdir -p /run/systemd; mount -t tmpfs none /run/systemd; mkdir /run/systemd/system; exec "$@"`;
    const child = Bun.spawn(
      [
        ...['unshare', '--mount', '--propagation=private', 'sh', '-ec', script, 'sh'],
        ...[...becoming(machine.who, machine.account), SYSTEMD, '--user', '--unit=basic.target'],
      ],
      { stdio: ['ignore', 'ignore', 'ignore'], env: machine.env },
    );
    const systemd = new UserSystemd(machine, child, cgroups);
    await eventually(async () => (await systemd.ctl('is-active', 'basic.target')) === 'active');
    return systemd;
  }

  /** What `systemctl --user` prints. */
  async ctl(...args: string[]): Promise<string> {
    const { out } = await this.machine.as(['systemctl', '--user', '--no-pager', ...args]);
    return out.trimEnd();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGTERM');
    await this.child.exited;
    for (const cgroup of this.cgroups) await eventually(() => removeCgroup(cgroup));
  }
}

/** From the leaves up. False while something still lives in it. */
async function removeCgroup(cgroup: string): Promise<boolean> {
  try {
    for (const entry of await readdir(cgroup, { withFileTypes: true })) {
      if (entry.isDirectory() && !(await removeCgroup(`${cgroup}/${entry.name}`))) return false;
    }
    rmdirSync(cgroup);
    return true;
  } catch {
    return false; // busy, or gone this moment
  }
}
