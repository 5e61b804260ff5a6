import { defineCommand } from '../../cli/command.ts';
import { inspectContainer } from '../../engine/container/inspect.ts';
import { openEngine } from '../context.ts';
import { printInspected } from '../inspect-output.ts';

export const command = defineCommand({
  names: ['container inspect'],
  summary: 'Show all about containers',
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  examples: ['container inspect web', "container inspect --format '{{.State.Status}}' web"],
  options: {
    format: { short: 'f', type: 'string', metavar: 'FORMAT', summary: "'json' or a Go template" },
    size: { short: 's', type: 'bool', summary: 'Show sizes on disk' },
  },
  args: { min: 1 },
  completeArgs: 'container',
  async run({ options, args }) {
    const engine = openEngine();
    const { format, size } = options;
    return printInspected(args, format, async (name) => inspectContainer(engine, name, { size }));
  },
});
