import { defineCommand, type OptionTable } from '../../cli/command.ts';
import { stopContainer } from '../../engine/container/stop.ts';
import { forEachContainer, INSTEAD_OF_NAMES, selectionOptions } from './selection.ts';

/** How an end is asked for: also `restart`'s. */
export const endOptions = {
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
    summary: 'Seconds to wait before SIGKILL (-1: for ever)',
  },
} as const satisfies OptionTable;

export const command = defineCommand({
  names: ['stop', 'container stop'],
  summary: 'Stop one or more running containers',
  usage: '[OPTIONS] [CONTAINER...]',
  examples: ['stop web', 'stop --time 2 web db', 'stop --all'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Stop all running containers' },
    'at-shutdown': {
      type: 'bool',
      hidden: true,
      summary: 'The machine shuts down: what --restart=unless-stopped has starts again at boot',
    },
    ignore: { short: 'i', type: 'bool', summary: 'Missing containers are fine' },
    ...selectionOptions,
    ...endOptions,
  },
  args: { min: 1, unless: INSTEAD_OF_NAMES },
  completeArgs: 'running',
  run(call) {
    const { signal, time: timeout, 'at-shutdown': shutdown } = call.options;
    return forEachContainer(
      call,
      { exitCode: 1, suits: ({ status }) => status === 'running' },
      async (engine, id) => {
        await stopContainer(engine, id, { signal, timeout, shutdown });
      },
    );
  },
});
