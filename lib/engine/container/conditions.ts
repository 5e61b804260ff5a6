/** `wait --condition`: the ends that Docker's API knows (not-running, next-exit, removed) and Podman's states. */
import { ProaError } from '../../core/error.ts';
import { waitForExit } from '../../core/process-handle.ts';
import { type Container, readContainer } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { ExitWatch } from './exit-watch.ts';
import { type HealthStatus, healthStatus } from './health-status.ts';
import { isRunning, needsCleanup, observeState } from './state.ts';
import { awaitEnd, waitForContainer } from './wait.ts';

const ENDS = ['stopped', 'next-exit', 'removed'] as const;
const STATES = ['created', 'initialized', 'running', 'paused', 'healthy', 'unhealthy'] as const;

export type Condition = (typeof ENDS)[number] | (typeof STATES)[number];

/** Other words for the same. */
const ALIASES: Readonly<Record<string, Condition>> = {
  exited: 'stopped',
  'not-running': 'stopped',
  configured: 'created',
  removing: 'removed',
};

/** @throws ProaError INVALID_OPTION */
export function parseCondition(text: string): Condition {
  const word = text.trim().toLowerCase();
  const condition = Object.hasOwn(ALIASES, word) ? ALIASES[word]! : word;
  const known: readonly string[] = [...ENDS, ...STATES];
  if (known.includes(condition)) return condition as Condition;
  throw new ProaError('INVALID_OPTION', `wait for condition "${text}": there is no such condition`, {
    hint: `Conditions: ${[...known, ...Object.keys(ALIASES)].join(', ')}`,
  });
}

/**
 * Resolves when the first of the conditions is met: to the exit code for an end, to -1 for a state, as Podman has it.
 * An end is noticed at once, a state when it is looked for.
 * @param conditions none: the end of the present run
 * @param pause milliseconds between looks
 * @throws ProaError CONTAINER_NOT_FOUND when it is removed and no end was waited for
 */
export async function awaitCondition(
  engine: Engine,
  id: string,
  conditions: readonly Condition[],
  pause: number,
): Promise<number> {
  const wanted = new Set<Condition>(conditions);
  if ([...wanted].every((condition) => condition === 'stopped')) return waitForContainer(engine, id);
  const states = STATES.filter((state) => wanted.has(state));
  const patience = states.length > 0 ? Math.max(1, pause) : Number.POSITIVE_INFINITY;
  let code = 0;
  for (let seenRunning = false; ; ) {
    // Begun before the record is read: an end from here on leaves its code where we look for it.
    using watch = ExitWatch.open(engine.store, id);
    const container = readContainer(engine.store, id);
    if (container === undefined) {
      watch.close(true);
      if (ENDS.some((end) => wanted.has(end))) return code;
      throw new ProaError('CONTAINER_NOT_FOUND', `wait for container ${id.slice(0, 12)}: it was removed`);
    }
    const { state } = container;
    if (states.some((wish) => isMet(engine, container, wish))) return -1;
    const running = isRunning(state);
    if (running || needsCleanup(state)) {
      seenRunning = true;
      if (running && !(await waitForExit(state.process!, patience))) continue;
      code = await awaitEnd(engine, id, watch, state);
    } else {
      code = state.exitCode ?? 0;
      // A clean-up that saw our watch has left the exit file to us.
      watch.close(true);
      if (!wanted.has('stopped') && !(seenRunning && wanted.has('next-exit'))) {
        await Bun.sleep(Math.max(1, pause));
        continue;
      }
    }
    if (wanted.has('stopped') || wanted.has('next-exit')) return code;
  }
}

function isMet({ store }: Engine, container: Container, wish: (typeof STATES)[number]): boolean {
  const { state } = container;
  switch (wish) {
    case 'healthy':
    case 'unhealthy':
      return isRunning(state) && healthOf(store, container) === wish;
    case 'running':
      return state.status === wish && isRunning(state);
    default:
      return state.status === wish;
  }
}

/** What the checks found is not in the record while it runs. */
function healthOf(store: Engine['store'], container: Container): HealthStatus {
  return healthStatus({ ...container, state: observeState(store, container) });
}
