import { defineCommand } from '../../cli/command.ts';
import { unpauseContainer } from '../../engine/container/pause.ts';
import { forEachContainer, INSTEAD_OF_NAMES, selectionOptions } from './selection.ts';

export const command = defineCommand({
  names: ['unpause', 'container unpause'],
  summary: 'Let the processes of paused containers go on',
  usage: '[OPTIONS] [CONTAINER...]',
  examples: ['unpause web', 'unpause --all'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Unpause all paused containers' },
    ...selectionOptions,
  },
  args: { min: 1, unless: INSTEAD_OF_NAMES },
  completeArgs: 'paused',
  run: (call) =>
    forEachContainer(
      call,
      { exitCode: 1, suits: ({ status }) => status === 'paused' },
      (engine, id): Promise<void> => unpauseContainer(engine, id),
    ),
});
