import { defineCommand } from '../../cli/command.ts';
import { inspectImage } from '../../engine/image/inspect.ts';
import { openEngine } from '../context.ts';
import { printInspected } from '../inspect-output.ts';

export const command = defineCommand({
  names: ['image inspect'],
  summary: 'Show all about images',
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  examples: ['image inspect busybox', "image inspect --format '{{.Config.Cmd}}' busybox"],
  options: {
    format: { short: 'f', type: 'string', metavar: 'FORMAT', summary: "'json' or a Go template" },
  },
  args: { min: 1 },
  completeArgs: 'image',
  async run({ options, args }) {
    const engine = openEngine();
    return printInspected(args, options.format, async (name) => inspectImage(engine, name));
  },
});
