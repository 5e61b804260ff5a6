/** `--restart`: what happens after a container's end (docker-run(1)). */
import { existsSync } from 'node:fs';
import { tryFindProgram } from '../../core/programs.ts';
import {
  type ContainerState,
  type RestartPolicy,
  readContainer,
  writeState,
} from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';

/** Milliseconds before the first restart; doubled each time, at most a minute, as Docker does. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 60_000;
/** Milliseconds of running after which the pause starts over. */
const STEADY = 10_000;

export function shouldRestart(policy: RestartPolicy, state: ContainerState): boolean {
  if (state.healthRestart && state.status === 'exited') return true;
  if (state.stopRequested || state.status !== 'exited') return false;
  switch (policy.name) {
    case 'no':
      return false;
    case 'on-failure':
      return (
        state.exitCode !== 0 &&
        (policy.maximumRetryCount === 0 || state.restartCount < policy.maximumRetryCount)
      );
    default:
      return true;
  }
}

/** As docker-run(1) has it: `always`, and `unless-stopped` but for a container that a person stopped. */
export function startsOnBoot({ name }: RestartPolicy, state: ContainerState): boolean {
  const stopped = state.stopRequested === true && !state.stoppedByShutdown;
  return name === 'always' || (name === 'unless-stopped' && !stopped);
}

/** The pause before the next start: short after a long run, doubling while it keeps ending at once. */
export function restartPause(state: ContainerState): number {
  const ran = Date.parse(state.finishedAt ?? '') - Date.parse(state.startedAt ?? '');
  if (ran >= STEADY) return FIRST_PAUSE;
  return Math.min(FIRST_PAUSE * 2 ** Math.min(state.restartCount, 10), LONGEST_PAUSE);
}

/**
 * Starts the container again after its pause, unless somebody stopped, started or removed it meanwhile. The pause is
 * spent without the lock, so that they can.
 */
export async function restartAfterEnd(engine: Engine, id: string, ended: ContainerState): Promise<void> {
  await Bun.sleep(restartPause(ended));
  // What a shutdown ends starts again at boot.
  if (await isShuttingDown()) return;
  const { lockExisting } = await import('./cleanup.ts');
  using held = await lockExisting(engine, id);
  if (held === undefined) return;
  const container = readContainer(engine.store, id);
  if (container === undefined || !shouldRestart(container.config.restart, container.state)) return;
  if (container.state.finishedAt !== ended.finishedAt) return;
  writeState(engine.store, id, { ...container.state, restartCount: container.state.restartCount + 1 });
  const { startLocked } = await import('./start.ts');
  await startLocked(engine, id);
}

/** Whether systemd takes the machine down (systemctl(1), is-system-running). */
async function isShuttingDown(): Promise<boolean> {
  const program = existsSync('/run/systemd/system') ? tryFindProgram('systemctl') : undefined;
  if (program === undefined) return false;
  const child = Bun.spawn([program, 'is-system-running'], { stdio: ['ignore', 'pipe', 'ignore'] });
  return (await new Response(child.stdout).text()).trim() === 'stopping';
}
