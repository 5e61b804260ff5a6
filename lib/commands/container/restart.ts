import { defineCommand } from '../../cli/command.ts';
import { restartContainer } from '../../engine/container/stop.ts';
import { resolveContainer } from '../../storage/containers.ts';
import { openEngine } from '../context.ts';
import { forEachName } from '../each.ts';

export const command = defineCommand({
  names: ['restart', 'container restart'],
  summary: 'Restart one or more containers',
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  options: {
    signal: {
      short: 's',
      type: 'string',
      metavar: 'SIGNAL',
      summary: "Send this signal instead of the container's own",
    },
    time: {
      short: 't',
      type: 'int',
      metavar: 'SECONDS',
      aliases: ['timeout'],
      summary: 'Seconds to wait before SIGKILL',
    },
  },
  args: { min: 1 },
  completeArgs: 'container',
  async run({ options, args }) {
    const engine = openEngine();
    return forEachName(args, async (name) => {
      const stop = { signal: options.signal, timeout: options.time };
      await restartContainer(engine, resolveContainer(engine.store, name), stop);
    });
  },
});
