import { defineCommand } from '../../cli/command.ts';
import { renameContainer } from '../../engine/container/rename.ts';
import { resolveContainer } from '../../storage/containers.ts';
import { openEngine } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';

export const command = defineCommand({
  names: ['rename', 'container rename'],
  summary: 'Give a container another name',
  usage: 'CONTAINER NEW_NAME',
  examples: ['rename web shop'],
  options: {},
  args: { min: 2, max: 2 },
  completeArgs: 'container',
  run: ({ args }) =>
    withExitCode1(async () => {
      const engine = openEngine();
      await renameContainer(engine, resolveContainer(engine.store, args[0]!), args[1]!);
    }),
});
