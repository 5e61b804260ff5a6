import { defineCommand } from '../../cli/command.ts';
import { inspectNetworkNamed } from '../../engine/network/inspect.ts';
import { openEngine } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { printInspected } from '../inspect-output.ts';

export const command = defineCommand({
  names: ['network inspect'],
  summary: 'Show all about networks',
  usage: '[OPTIONS] NETWORK [NETWORK...]',
  examples: ['network inspect backend', "network inspect --format '{{json .Containers}}' backend"],
  options: {
    format: { short: 'f', type: 'string', metavar: 'FORMAT', summary: "'json' or a Go template" },
    verbose: { short: 'v', type: 'bool', summary: 'More of swarm networks; there are none' },
  },
  args: { min: 1 },
  completeArgs: 'network',
  run: ({ options, args }) =>
    withExitCode1(async () => {
      const engine = openEngine();
      return printInspected(args, options.format, async (name) => inspectNetworkNamed(engine, name));
    }),
});
