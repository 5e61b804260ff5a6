import { defineCommand } from '../../cli/command.ts';
import { warn } from '../context.ts';

export const command = defineCommand({
  names: ['system renumber'],
  summary: 'Say that locks have no numbers here',
  usage: '',
  options: {},
  args: { min: 0, max: 0 },
  async run() {
    warn("Nothing to renumber: a lock is on the container's own folder and has no number");
  },
});
