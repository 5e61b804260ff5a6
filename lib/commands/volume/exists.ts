import { defineCommand } from '../../cli/command.ts';
import { readVolume } from '../../storage/volumes.ts';
import { openEngine } from '../context.ts';

export const command = defineCommand({
  names: ['volume exists'],
  summary: 'Say by the exit code whether a volume is here',
  usage: 'VOLUME',
  description: 'Exit code 0: it is here; 1: it is not; 125: that could not be found out.',
  examples: ['volume exists data || proa volume create data'],
  options: {},
  args: { min: 1, max: 1 },
  completeArgs: 'volume',
  async run({ args }) {
    return readVolume(openEngine().store, args[0]!) === undefined ? 1 : 0;
  },
});
