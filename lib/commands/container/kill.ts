import { defineCommand } from '../../cli/command.ts';
import { killContainer } from '../../engine/container/stop.ts';
import { resolveContainer } from '../../storage/containers.ts';
import { openEngine } from '../context.ts';
import { forEachName } from '../each.ts';

export const command = defineCommand({
  names: ['kill', 'container kill'],
  summary: 'Send a signal to one or more running containers',
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  options: {
    signal: { short: 's', type: 'string', default: 'KILL', metavar: 'SIGNAL', summary: 'Signal to send' },
  },
  args: { min: 1 },
  completeArgs: 'running',
  async run({ options, args }) {
    const engine = openEngine();
    return forEachName(args, (name) =>
      killContainer(engine, resolveContainer(engine.store, name), options.signal),
    );
  },
});
