/**
 * Processes that serve more than the service which happened to need them first: the end of a service is the end of all
 * that is in its cgroup (systemd.kill(5)), so these get a scope of their own (systemd.scope(5)).
 */
import { existsSync } from 'node:fs';
import { tryFindProgram } from './programs.ts';

const MANAGER = ['org.freedesktop.systemd1', '/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager'];

export interface Helper {
  pid: number;
  /** What the scope is called: `proa-NAME-PID.scope`. */
  name: string;
  /** The user's manager is asked, not the system's. */
  rootless: boolean;
}

/**
 * Asks systemd to take a process out of the service that we were started in. Also at a shutdown it stays until the
 * services have ended, which may still need it. Where no manager answers it stays where it is: that is no worse than before.
 * @returns whether it was moved
 */
export function giveOwnScope({ pid, name, rootless }: Helper): boolean {
  const bus = rootless ? `${process.env.XDG_RUNTIME_DIR}/bus` : '/run/dbus/system_bus_socket';
  const program = existsSync(bus) ? tryFindProgram('busctl') : undefined;
  if (program === undefined) return false;
  const properties = [
    ...['PIDs', 'au', '1', String(pid)],
    ...['DefaultDependencies', 'b', 'false'],
    ...['Description', 's', `${name} of Proa`],
  ];
  const call = [
    ...['call', ...MANAGER, 'StartTransientUnit', 'ssa(sv)a(sa(sv))'],
    ...[`proa-${name}-${pid}.scope`, 'fail', '3', ...properties, '0'],
  ];
  const { exitCode } = Bun.spawnSync([program, ...(rootless ? ['--user'] : []), '--quiet', ...call], {
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  return exitCode === 0;
}

/** Does a service run us? systemd.exec(5), "$INVOCATION_ID": what we start would end with it. */
export function isInService(): boolean {
  return process.env.INVOCATION_ID !== undefined;
}
