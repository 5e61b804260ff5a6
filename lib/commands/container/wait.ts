import { defineCommand } from '../../cli/command.ts';
import { waitForContainer } from '../../engine/container/wait.ts';
import { resolveContainer } from '../../storage/containers.ts';
import { openEngine } from '../context.ts';
import { forEachName } from '../each.ts';

export const command = defineCommand({
  names: ['wait', 'container wait'],
  summary: 'Wait until containers stop, then print their exit codes',
  usage: 'CONTAINER [CONTAINER...]',
  options: {},
  args: { min: 1 },
  completeArgs: 'running',
  async run({ args }) {
    const engine = openEngine();
    return forEachName(args, async (name) =>
      String(await waitForContainer(engine, resolveContainer(engine.store, name))),
    );
  },
});
