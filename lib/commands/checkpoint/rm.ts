import { defineCommand } from '../../cli/command.ts';
import { removeCheckpoint } from '../../engine/container/named-checkpoint.ts';
import { resolveContainer } from '../../storage/containers.ts';
import { openEngine } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { checkpointDirOption } from './options.ts';

export const command = defineCommand({
  names: ['checkpoint rm', 'checkpoint remove'],
  summary: 'Remove a checkpoint',
  usage: '[OPTIONS] CONTAINER CHECKPOINT',
  examples: ['checkpoint rm web before'],
  options: { 'checkpoint-dir': checkpointDirOption },
  args: { min: 2, max: 2 },
  completeArgs: 'container',
  run: ({ options, args: [container, name] }) =>
    withExitCode1(async () => {
      const engine = openEngine();
      const checkpoint = { name: name!, folder: options['checkpoint-dir'] };
      await removeCheckpoint(engine, resolveContainer(engine.store, container!), checkpoint);
    }),
});
