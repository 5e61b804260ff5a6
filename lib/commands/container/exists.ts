import { defineCommand } from '../../cli/command.ts';
import { hasCode } from '../../core/error.ts';
import { resolveContainer } from '../../storage/containers.ts';
import { openEngine } from '../context.ts';

export const command = defineCommand({
  names: ['container exists'],
  summary: 'Say by the exit code whether a container is here',
  usage: 'CONTAINER',
  description: 'Exit code 0: it is here; 1: it is not; 125: that could not be found out.',
  examples: ['container exists web && proa start web'],
  options: {
    external: {
      type: 'bool',
      summary: 'Also look for containers of other programs in this store: there never are any',
    },
  },
  args: { min: 1, max: 1 },
  completeArgs: 'container',
  async run({ args }) {
    try {
      resolveContainer(openEngine().store, args[0]!);
      return 0;
    } catch (error) {
      if (hasCode(error, 'CONTAINER_NOT_FOUND')) return 1;
      throw error;
    }
  },
});
