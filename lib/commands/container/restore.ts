import { defineCommand } from '../../cli/command.ts';
import { hasCheckpoint, restoreContainer } from '../../engine/container/checkpoint.ts';
import { readContainer } from '../../storage/containers.ts';
import { criuOptions } from './checkpoint.ts';
import { forEachContainer, INSTEAD_OF_NAMES } from './selection.ts';

export const command = defineCommand({
  names: ['container restore'],
  summary: 'Go on with containers from their checkpoints',
  usage: '[OPTIONS] [CONTAINER...]',
  examples: ['container restore web', 'container restore --all'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'All containers that have a checkpoint' },
    ...criuOptions,
    keep: { ...criuOptions.keep, summary: 'Keep the checkpoint' },
  },
  args: { min: 1, unless: INSTEAD_OF_NAMES },
  completeArgs: 'container',
  run: (call) =>
    forEachContainer(call, { exitCode: 125 }, async (engine, id) => {
      const { options } = call;
      if (options.all) {
        const container = readContainer(engine.store, id);
        if (container === undefined || !hasCheckpoint(engine, container)) return '';
      }
      await restoreContainer(engine, id, {
        fileLocks: options['file-locks'],
        keep: options.keep,
        tcpEstablished: options['tcp-established'],
      });
      return undefined;
    }),
});
