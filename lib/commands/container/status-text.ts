/** A container's state in words, as the STATUS column has it. */
import { humanDuration } from '../../cli/values.ts';
import type { ContainerState } from '../../storage/containers.ts';

/** ` (healthy)`, ` (health: starting)`; nothing without a health check. */
function healthText({ health }: ContainerState): string {
  if (health === undefined) return '';
  return health.status === 'starting' ? ' (health: starting)' : ` (${health.status})`;
}

/** `Up 2 minutes`, `Up 3 hours (Paused)`, `Exited (0) 5 days ago`, `Initialized`, `Created`. `now` is in milliseconds. */
export function statusText(state: ContainerState, now = Date.now()): string {
  const since = (when: string | undefined): string =>
    humanDuration((now - Date.parse(when ?? new Date(now).toISOString())) / 1000);
  switch (state.status) {
    case 'running':
      return `Up ${since(state.startedAt)}${healthText(state)}`;
    case 'paused':
      return `Up ${since(state.startedAt)} (Paused)`;
    case 'exited':
      return `Exited (${state.exitCode ?? 0}) ${since(state.finishedAt)} ago`;
    case 'initialized':
      return 'Initialized';
    default:
      return 'Created';
  }
}
