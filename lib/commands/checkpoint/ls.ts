import { defineCommand } from '../../cli/command.ts';
import { renderTable } from '../../cli/table.ts';
import { listCheckpoints } from '../../engine/container/named-checkpoint.ts';
import { resolveContainer } from '../../storage/containers.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { checkpointDirOption } from './options.ts';

export const command = defineCommand({
  names: ['checkpoint ls', 'checkpoint list'],
  summary: 'List the checkpoints of a container',
  usage: '[OPTIONS] CONTAINER',
  examples: ['checkpoint ls web'],
  options: { 'checkpoint-dir': checkpointDirOption },
  args: { min: 1, max: 1 },
  completeArgs: 'container',
  run: ({ options, args }) =>
    withExitCode1(async () => {
      const { store } = openEngine();
      const names = listCheckpoints(store, resolveContainer(store, args[0]!), options['checkpoint-dir']);
      const rows = names.map((name) => [name]);
      await print(renderTable(['CHECKPOINT NAME'], rows));
    }),
});
