import { defineCommand } from '../../cli/command.ts';
import { hasCode, ProaError } from '../../core/error.ts';
import { listMatchingSecrets } from '../../engine/secret/list.ts';
import { removeSecret } from '../../engine/secret/remove.ts';
import { openEngine } from '../context.ts';
import { forEachName } from '../each.ts';

export const command = defineCommand({
  names: ['secret rm', 'secret remove'],
  summary: 'Remove secrets',
  usage: '[OPTIONS] SECRET [SECRET...]',
  description:
    'Containers that have one keep it, unless it was kept by a driver that encrypts or is a variable.',
  examples: ['secret rm token', 'secret rm --all'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Remove all secrets' },
    ignore: { short: 'i', type: 'bool', summary: 'Missing secrets are fine' },
  },
  args: { min: 1, unless: ['all'] },
  completeArgs: 'secret',
  async run({ options, args }) {
    if (options.all && args.length > 0) {
      throw new ProaError('BAD_ARGUMENTS', 'remove secrets: name them, or use --all, not both', {
        exitCode: 1,
      });
    }
    const { store } = openEngine();
    const names = options.all ? listMatchingSecrets(store, []).secrets.map(({ name }) => name) : args;
    const remove = async (name: string): Promise<void> => {
      try {
        await removeSecret(store, name);
      } catch (error) {
        if (!options.ignore || !hasCode(error, 'SECRET_NOT_FOUND')) throw error;
      }
    };
    return forEachName(names, remove, 1);
  },
});
