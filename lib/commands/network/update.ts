import { defineCommand } from '../../cli/command.ts';
import { updateNetwork } from '../../engine/network/update.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';

export const command = defineCommand({
  names: ['network update'],
  summary: 'Change which name servers a network asks',
  usage: '[OPTIONS] NETWORK',
  description: 'Running containers notice at once.',
  examples: ['network update --dns-add 192.0.2.53 backend'],
  options: {
    'dns-add': { type: 'list', metavar: 'IP', summary: 'Ask these servers too' },
    'dns-drop': { type: 'list', metavar: 'IP', summary: 'Ask these servers no more' },
  },
  args: { min: 1, max: 1 },
  completeArgs: 'network',
  run: ({ options, args }) =>
    withExitCode1(async () => {
      const lists = { add: options['dns-add'], drop: options['dns-drop'] };
      const split = (texts: readonly string[]): string[] => texts.flatMap((text) => text.split(','));
      await updateNetwork(openEngine(), args[0]!, { add: split(lists.add), drop: split(lists.drop) });
      await print(`${args[0]}\n`);
    }),
});
