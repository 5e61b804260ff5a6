import { defineCommand } from '../../cli/command.ts';
import { disconnectNetwork } from '../../engine/network/connect.ts';
import { openEngine } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';

export const command = defineCommand({
  names: ['network disconnect'],
  summary: 'Take a container out of a network',
  usage: '[OPTIONS] NETWORK CONTAINER',
  examples: ['network disconnect backend web'],
  options: {
    force: { short: 'f', type: 'bool', summary: 'One that is not connected is fine' },
  },
  args: { min: 2, max: 2 },
  completeArgs: 'network',
  run: ({ options, args }) =>
    withExitCode1(() => disconnectNetwork(openEngine(), args[1]!, args[0]!, options.force)),
});
