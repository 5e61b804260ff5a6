import { defineCommand } from '../../cli/command.ts';
import { pauseContainer } from '../../engine/container/pause.ts';
import { resolveContainer } from '../../storage/containers.ts';
import { openEngine } from '../context.ts';
import { forEachName } from '../each.ts';

export const command = defineCommand({
  names: ['pause', 'container pause'],
  summary: 'Stop all processes of containers where they are',
  usage: 'CONTAINER [CONTAINER...]',
  options: {},
  args: { min: 1 },
  completeArgs: 'running',
  async run({ args }) {
    const engine = openEngine();
    return forEachName(args, async (name) => {
      await pauseContainer(engine, resolveContainer(engine.store, name));
    });
  },
});
