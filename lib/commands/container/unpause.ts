import { defineCommand } from '../../cli/command.ts';
import { unpauseContainer } from '../../engine/container/pause.ts';
import { resolveContainer } from '../../storage/containers.ts';
import { openEngine } from '../context.ts';
import { forEachName } from '../each.ts';

export const command = defineCommand({
  names: ['unpause', 'container unpause'],
  summary: 'Let the processes of paused containers go on',
  usage: 'CONTAINER [CONTAINER...]',
  options: {},
  args: { min: 1 },
  completeArgs: 'paused',
  async run({ args }) {
    const engine = openEngine();
    return forEachName(args, async (name) => {
      await unpauseContainer(engine, resolveContainer(engine.store, name));
    });
  },
});
