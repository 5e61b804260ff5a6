import { defineCommand } from '../../cli/command.ts';
import { hasCode } from '../../core/error.ts';
import { findSecret } from '../../storage/secrets.ts';
import { openEngine } from '../context.ts';

export const command = defineCommand({
  names: ['secret exists'],
  summary: 'Say by the exit code whether a secret is here',
  usage: 'SECRET',
  description: 'Exit code 0: it is here; 1: it is not; 125: that could not be found out.',
  examples: ['secret exists token || proa secret create --env token TOKEN'],
  options: {},
  args: { min: 1, max: 1 },
  completeArgs: 'secret',
  async run({ args }) {
    try {
      findSecret(openEngine().store, args[0]!);
      return 0;
    } catch (error) {
      if (hasCode(error, 'SECRET_NOT_FOUND')) return 1;
      throw error;
    }
  },
});
