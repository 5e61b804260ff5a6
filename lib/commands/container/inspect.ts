import { defineCommand } from '../../cli/command.ts';
import { inspectContainer } from '../../engine/container/inspect.ts';
import { openEngine } from '../context.ts';
import { printInspected } from '../inspect-output.ts';
import { latestOption, selectOnly } from './one-container.ts';

export const command = defineCommand({
  names: ['container inspect'],
  summary: 'Show all about containers',
  usage: '[OPTIONS] [CONTAINER...]',
  examples: ['container inspect web', "container inspect --format '{{.State.Status}}' web"],
  options: {
    format: { short: 'f', type: 'string', metavar: 'FORMAT', summary: "'json' or a Go template" },
    latest: latestOption,
    size: { short: 's', type: 'bool', summary: 'Show sizes on disk' },
  },
  args: { min: 1, unless: ['latest'] },
  completeArgs: 'container',
  async run({ options, args }) {
    const engine = openEngine();
    const { format, size, latest } = options;
    const names = latest ? [selectOnly(engine, latest, args)] : args;
    return printInspected(names, format, async (name) => inspectContainer(engine, name, { size }));
  },
});
