import { defineCommand } from '../../cli/command.ts';
import { restartContainer } from '../../engine/container/restart.ts';
import { forEachContainer, INSTEAD_OF_NAMES, selectionOptions } from './selection.ts';
import { endOptions } from './stop.ts';

export const command = defineCommand({
  names: ['restart', 'container restart'],
  summary: 'Restart one or more containers',
  usage: '[OPTIONS] [CONTAINER...]',
  description: 'A container that does not run is started.',
  examples: ['restart web', 'restart --time 2 web db', 'restart --running'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Restart all containers, whatever their state' },
    running: { type: 'bool', summary: 'Restart all running containers' },
    ...selectionOptions,
    ...endOptions,
  },
  args: { min: 1, unless: [...INSTEAD_OF_NAMES, 'running'] },
  completeArgs: 'container',
  run(call) {
    const { running, all, filter, latest, signal, time: timeout } = call.options;
    // With nothing else named, "the running ones" means all of them.
    const options = running && filter.length === 0 && !latest ? { ...call.options, all: true } : call.options;
    const suits = running && !all ? ({ status }: { status: string }) => status === 'running' : undefined;
    return forEachContainer({ options, args: call.args }, { exitCode: 1, suits }, (engine, id) =>
      restartContainer(engine, id, { signal, timeout }),
    );
  },
});
