import { defineCommand } from '../../cli/command.ts';
import { parseDuration } from '../../cli/values.ts';
import { awaitCondition, parseCondition } from '../../engine/container/conditions.ts';
import { latestOption } from './one-container.ts';
import { forEachContainer, INSTEAD_OF_NAMES } from './selection.ts';

export const command = defineCommand({
  names: ['wait', 'container wait'],
  summary: 'Wait until containers stop, then print their exit codes',
  usage: '[OPTIONS] [CONTAINER...]',
  description:
    'With --condition, until one of the conditions is met; -1 is printed for one that is no end: created, ' +
    'initialized, running, paused, healthy, unhealthy. Ends are stopped (also exited, not-running), next-exit and ' +
    'removed.',
  examples: ['wait web', 'wait --condition=healthy web', 'wait --condition=removed web'],
  options: {
    condition: { type: 'list', metavar: 'CONDITION', summary: 'Wait for this instead of the end' },
    ignore: { type: 'bool', summary: 'A missing container is no error: -1 is printed for it' },
    interval: {
      short: 'i',
      type: 'string',
      default: '250ms',
      metavar: 'DURATION',
      summary: 'How often to look for a condition that is no end',
    },
    latest: latestOption,
  },
  args: { min: 1, unless: INSTEAD_OF_NAMES },
  completeArgs: 'running',
  run({ options: { condition, ignore, interval, latest }, args }) {
    const conditions = condition.flatMap((text) => text.split(',')).map(parseCondition);
    const pause = parseInterval(interval);
    return forEachContainer(
      { options: { latest }, args },
      { exitCode: 1, ifMissing: ignore ? '-1' : undefined },
      async (engine, id) => String(await awaitCondition(engine, id, conditions, pause)),
    );
  },
});

/** In milliseconds, also without a unit, as Podman reads it. */
function parseInterval(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : parseDuration(text) * 1000;
}
