import { defineCommand } from '../../cli/command.ts';
import { createCheckpoint } from '../../engine/container/named-checkpoint.ts';
import { resolveContainer } from '../../storage/containers.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { checkpointDirOption } from './options.ts';

export const command = defineCommand({
  names: ['checkpoint create'],
  summary: 'Write a running container to disk, under a name',
  usage: '[OPTIONS] CONTAINER CHECKPOINT',
  description: 'The container ends, and `proa start --checkpoint CHECKPOINT CONTAINER` goes on from there.',
  examples: ['checkpoint create web before', 'checkpoint create --leave-running web before'],
  options: {
    'checkpoint-dir': checkpointDirOption,
    'leave-running': { type: 'bool', summary: 'It goes on afterwards' },
  },
  args: { min: 2, max: 2 },
  completeArgs: 'running',
  run: ({ options, args: [container, name] }) =>
    withExitCode1(async () => {
      const engine = openEngine();
      const checkpoint = { name: name!, folder: options['checkpoint-dir'] };
      const leaveRunning = options['leave-running'];
      await createCheckpoint(engine, resolveContainer(engine.store, container!), checkpoint, {
        leaveRunning,
      });
      await print(`${name}\n`);
    }),
});
