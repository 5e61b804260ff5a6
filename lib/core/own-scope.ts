/**
 * Processes that serve more than the service which happened to need them first: the end of a service is the end of all
 * that is in its cgroup (systemd.kill(5)), so these get a scope of their own (systemd.scope(5)).
 */
import { existsSync } from 'node:fs';
import { tryFindProgram } from './programs.ts';

const MANAGER = ['org.freedesktop.systemd1', '/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager'];

export interface Helper {
  pid: number;
  /** What the scope is called: `proa-NAME-PID-RANDOM.scope`, as a scope may outlive its first process. */
  name: string;
  /** The user's manager is asked, not the system's. */
  rootless: boolean;
}

/**
 * Asks systemd to take a process out of the service that we were started in. Also at a shutdown it stays until the
 * services have ended, which may still need it. Where no manager answers it stays where it is: that is no worse than before.
 * When this returns, systemd has said that it will be done.
 * @returns why it will not be; undefined when it will
 */
export function giveOwnScope({ pid, name, rootless }: Helper): string | undefined {
  const bus = rootless ? `${process.env.XDG_RUNTIME_DIR}/bus` : '/run/dbus/system_bus_socket';
  if (!existsSync(bus)) return `there is no ${bus}`;
  const program = tryFindProgram('busctl');
  if (program === undefined) return 'busctl (package systemd) is missing';
  const properties = [
    ...['PIDs', 'au', '1', String(pid)],
    ...['DefaultDependencies', 'b', 'false'],
    ...['Description', 's', `${name} of Proa`],
  ];
  const call = [
    ...['call', ...MANAGER, 'StartTransientUnit', 'ssa(sv)a(sa(sv))'],
    ...[`proa-${name}-${pid}-${crypto.randomUUID().slice(0, 8)}.scope`, 'fail', '3', ...properties, '0'],
  ];
  const { exitCode, stderr } = Bun.spawnSync([program, ...(rootless ? ['--user'] : []), '--quiet', ...call], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return exitCode === 0 ? undefined : stderr.toString().trim() || `exit code ${exitCode}`;
}

/** Does a service run us? systemd.exec(5), "$INVOCATION_ID": what we start would end with it. */
export function isInService(): boolean {
  return process.env.INVOCATION_ID !== undefined;
}
