import { defineCommand } from '../../cli/command.ts';
import { hasCode } from '../../core/error.ts';
import { findShownNetwork } from '../../engine/network/inspect.ts';
import { openEngine } from '../context.ts';

export const command = defineCommand({
  names: ['network exists'],
  summary: 'Say by the exit code whether a network is here',
  usage: 'NETWORK',
  description: 'Exit code 0: it is here; 1: it is not; 125: that could not be found out.',
  examples: ['network exists backend || proa network create backend'],
  options: {},
  args: { min: 1, max: 1 },
  completeArgs: 'network',
  async run({ args }) {
    try {
      findShownNetwork(openEngine(), args[0]!);
      return 0;
    } catch (error) {
      if (hasCode(error, 'NETWORK_NOT_FOUND')) return 1;
      throw error;
    }
  },
});
