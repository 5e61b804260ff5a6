import { defineCommand } from '../../cli/command.ts';
import { killContainer } from '../../engine/container/stop.ts';
import { latestOption } from './one-container.ts';
import { cidfileOption, forEachContainer, INSTEAD_OF_NAMES } from './selection.ts';

export const command = defineCommand({
  names: ['kill', 'container kill'],
  summary: 'Send a signal to one or more running containers',
  usage: '[OPTIONS] [CONTAINER...]',
  examples: ['kill web', 'kill --signal HUP web', 'kill --all'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Signal all running and paused containers' },
    cidfile: cidfileOption,
    latest: latestOption,
    signal: { short: 's', type: 'string', default: 'KILL', metavar: 'SIGNAL', summary: 'Signal to send' },
  },
  args: { min: 1, unless: INSTEAD_OF_NAMES },
  completeArgs: 'running',
  run: (call) =>
    forEachContainer(
      call,
      { exitCode: 1, suits: ({ status }) => status === 'running' || status === 'paused' },
      (engine, id) => killContainer(engine, id, call.options.signal),
    ),
});
