/**
 * What asks for a container's health checks while it runs. Nothing of Proa stays for that: where systemd answers it is a
 * transient timer unit, elsewhere a shell that sleeps (0.2 MB beside the container's conmon). Each check says when the
 * next one is due. RUNROOT/containers/ID/health-timer.json names the timer; the clean-up ends it, and one that the
 * clean-up does not find ends itself, as its next check learns that its run of the container is over.
 */
import { existsSync } from 'node:fs';
import { readRecord, writeRecord } from '../../core/atomic-file.ts';
import { ProaError } from '../../core/error.ts';
import { isAlive, type ProcessHandle, processHandle, signalProcess } from '../../core/process-handle.ts';
import { tryFindProgram } from '../../core/programs.ts';
import { bundlePath } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import type { Engine } from '../engine.ts';

interface HealthTimer {
  version: 1;
  /** The shell. */
  process?: ProcessHandle;
  /** The unit, without its `.timer`, and milliseconds between its checks. */
  unit?: string;
  interval?: number;
}

const SIGTERM = 15;

/** The exit code of a scheduled check that says: no more. */
export const NO_MORE_CHECKS = 3;

/**
 * $1 seconds until the first check, then its command, which prints the seconds until the next one. A check that fails
 * to say so (it was killed, the disk is full) is followed by another one after as long as before. On SIGTERM a check that is under
 * way comes to its end: it may be what stops the container.
 */
const SCRIPT =
  'trap \'[ -z "$s" ] || kill "$s"; exit\' TERM; d=$1; shift; ' +
  'while :; do sleep "$d" & s=$!; wait "$s" || exit; s=; n=$("$@"); ' +
  `case $? in 0) d=$n;; ${NO_MORE_CHECKS}) exit;; esac; done`;

/**
 * Starts a container's timer.
 * @param run the start time of the container's process
 * @param delay milliseconds until the first check
 */
export async function startHealthTimer(
  engine: Engine,
  id: string,
  run: number,
  delay: number,
): Promise<void> {
  const timer = (await startUnit(engine, id, run, delay, delay)) ?? startShell(engine, id, run, delay);
  writeTimer(engine.store, id, timer);
}

/** After a check: a unit's interval is fixed, so another one takes over when the next check is due at another one. */
export async function adjustHealthTimer(
  engine: Engine,
  id: string,
  run: number,
  next: number,
): Promise<void> {
  const timer = readTimer(engine.store, id);
  if (timer?.unit === undefined || timer.interval === next) return;
  const other = (await startUnit(engine, id, run, next, next)) ?? startShell(engine, id, run, next);
  writeTimer(engine.store, id, other);
  await stopUnit(engine, timer.unit);
}

/** Ends the timer. None is fine. */
export async function stopHealthTimer(engine: Engine, id: string): Promise<void> {
  const timer = readTimer(engine.store, id);
  if (timer?.process !== undefined && isAlive(timer.process)) signalProcess(timer.process, SIGTERM);
  if (timer?.unit !== undefined) await stopUnit(engine, timer.unit);
}

function timerPath(store: Store, id: string): string {
  return `${bundlePath(store, id)}/health-timer.json`;
}

function readTimer(store: Store, id: string): HealthTimer | undefined {
  return readRecord<HealthTimer>(timerPath(store, id));
}

function writeTimer(store: Store, id: string, timer: HealthTimer): void {
  writeRecord(timerPath(store, id), timer);
}

function checkCommand({ self }: Engine, id: string, run: number, unit?: string): string[] {
  const scheduled = [`--scheduled=${run}`, ...(unit === undefined ? [] : [`--unit=${unit}`])];
  return [...self, 'healthcheck', 'run', ...scheduled, id];
}

function startShell(engine: Engine, id: string, run: number, delay: number): HealthTimer {
  const command = checkCommand(engine, id, run);
  const child = Bun.spawn(['/bin/sh', '-c', SCRIPT, 'proa-health', String(delay / 1000), ...command], {
    // A session of its own: the end of the caller's terminal is not the end of the checks.
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore'],
    cwd: '/',
    env: process.env,
  });
  child.unref();
  const process_ = processHandle(child.pid);
  if (process_ === undefined)
    throw new ProaError(
      'HEALTH_TIMER_FAILED',
      `start health checks of container ${id.slice(0, 12)}: /bin/sh ended`,
    );
  return { version: 1, process: process_ };
}

/** What the check's process needs of our environment; a unit starts with the manager's. */
const ENVIRONMENT = ['PATH', 'HOME', 'USER', 'XDG_RUNTIME_DIR', 'XDG_DATA_HOME', 'XDG_CONFIG_HOME', 'TMPDIR'];

/** Undefined where no systemd answers. */
async function startUnit(
  engine: Engine,
  id: string,
  run: number,
  first: number,
  interval: number,
): Promise<HealthTimer | undefined> {
  const program = managerAnswers(engine) ? tryFindProgram('systemd-run') : undefined;
  if (program === undefined) return undefined;
  const unit = `proa-health-${id.slice(0, 12)}-${crypto.randomUUID().slice(0, 8)}`;
  const environment = ENVIRONMENT.filter((name) => process.env[name] !== undefined);
  const child = Bun.spawn(
    [
      program,
      ...managerOf(engine),
      '--quiet',
      '--collect',
      `--unit=${unit}`,
      `--description=Health checks of container ${id}`,
      `--on-active=${first}ms`,
      `--on-unit-inactive=${interval}ms`,
      '--timer-property=AccuracySec=100ms',
      '--property=SuccessExitStatus=3',
      // Checks may come every second, and neither that nor what each prints is news.
      '--property=StartLimitIntervalSec=0',
      '--property=LogLevelMax=notice',
      ...environment.map((name) => `--setenv=${name}=${process.env[name]}`),
      ...checkCommand(engine, id, run, unit),
    ],
    { stdio: ['ignore', 'ignore', 'ignore'], env: process.env },
  );
  return (await child.exited) === 0 ? { version: 1, unit, interval } : undefined;
}

/** Ends a unit's timer; a check of it that is under way comes to its end. */
export async function stopUnit(engine: Engine, unit: string): Promise<void> {
  const program = tryFindProgram('systemctl');
  if (program === undefined) return;
  await Bun.spawn([program, ...managerOf(engine), '--quiet', 'stop', `${unit}.timer`], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: process.env,
  }).exited;
}

function managerOf({ identity }: Engine): string[] {
  return identity.rootless ? ['--user'] : [];
}

/** sd_booted(3) for root; for a user, their own manager's socket. */
function managerAnswers({ identity }: Engine): boolean {
  const { XDG_RUNTIME_DIR } = process.env;
  if (!identity.rootless) return existsSync('/run/systemd/system');
  return XDG_RUNTIME_DIR !== undefined && existsSync(`${XDG_RUNTIME_DIR}/systemd/private`);
}
