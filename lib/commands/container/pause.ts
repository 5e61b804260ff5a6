import { defineCommand } from '../../cli/command.ts';
import { pauseContainer } from '../../engine/container/pause.ts';
import { forEachContainer, INSTEAD_OF_NAMES, selectionOptions } from './selection.ts';

export const command = defineCommand({
  names: ['pause', 'container pause'],
  summary: 'Stop all processes of containers where they are',
  usage: '[OPTIONS] [CONTAINER...]',
  examples: ['pause web', 'pause --all'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Pause all running containers' },
    ...selectionOptions,
  },
  args: { min: 1, unless: INSTEAD_OF_NAMES },
  completeArgs: 'running',
  run: (call) =>
    forEachContainer(
      call,
      { exitCode: 1, suits: ({ status }) => status === 'running' },
      (engine, id): Promise<void> => pauseContainer(engine, id),
    ),
});
