import { defineCommand } from '../../cli/command.ts';
import { initContainer } from '../../engine/container/init.ts';
import { latestOption } from './one-container.ts';
import { forEachContainer, INSTEAD_OF_NAMES } from './selection.ts';

export const command = defineCommand({
  names: ['init', 'container init'],
  summary: 'Make containers ready to start',
  usage: '[OPTIONS] [CONTAINER...]',
  description: 'Mounts, networks and namespaces are there afterwards; the process waits for `start`.',
  examples: ['init web', 'init --all'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Initialize all containers that were not started yet' },
    latest: latestOption,
  },
  args: { min: 1, unless: INSTEAD_OF_NAMES },
  completeArgs: 'container',
  run: (call) =>
    forEachContainer(
      call,
      { exitCode: 125, suits: ({ status }) => status === 'created' || status === 'exited' },
      (engine, id) => initContainer(engine, id),
    ),
});
