import { defineCommand } from '../../cli/command.ts';
import { inspectImage } from '../../engine/image/inspect.ts';
import { parsePlatform } from '../../oci/model/platform.ts';
import { openEngine } from '../context.ts';
import { printInspected } from '../inspect-output.ts';

export const command = defineCommand({
  names: ['image inspect'],
  summary: 'Show all about images',
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  examples: ['image inspect busybox', "image inspect --format '{{.Config.Cmd}}' busybox"],
  options: {
    format: { short: 'f', type: 'string', metavar: 'FORMAT', summary: "'json' or a Go template" },
    platform: {
      type: 'string',
      metavar: 'OS/ARCH[/VARIANT]',
      summary: "Of a manifest list: another platform's image than this machine's",
    },
  },
  args: { min: 1 },
  completeArgs: 'image',
  async run({ options, args }) {
    const engine = openEngine();
    const platform = options.platform === undefined ? undefined : parsePlatform(options.platform);
    return printInspected(args, options.format, async (name) => inspectImage(engine, name, platform));
  },
});
