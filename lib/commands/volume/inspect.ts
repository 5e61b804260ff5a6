import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { inspectVolume } from '../../engine/volume/inspect.ts';
import { listMatchingVolumes } from '../../engine/volume/list.ts';
import { openEngine } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { printInspected } from '../inspect-output.ts';

export const command = defineCommand({
  names: ['volume inspect'],
  summary: 'Show all about volumes',
  usage: '[OPTIONS] VOLUME [VOLUME...]',
  examples: ['volume inspect data', "volume inspect --format '{{.Mountpoint}}' data"],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Show all volumes' },
    format: { short: 'f', type: 'string', metavar: 'FORMAT', summary: "'json' or a Go template" },
  },
  args: { min: 1, unless: ['all'] },
  completeArgs: 'volume',
  run: ({ options, args }) =>
    withExitCode1(async () => {
      if (options.all && args.length > 0) {
        throw new ProaError('BAD_ARGUMENTS', 'inspect volumes: name them, or use --all, not both');
      }
      const { store } = openEngine();
      const names = options.all ? listMatchingVolumes(store, []).volumes.map(({ name }) => name) : args;
      return printInspected(names, options.format, async (name) => inspectVolume(store, name));
    }),
});
