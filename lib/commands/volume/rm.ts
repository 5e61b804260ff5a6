import { defineCommand } from '../../cli/command.ts';
import { hasCode, ProaError } from '../../core/error.ts';
import { listMatchingVolumes } from '../../engine/volume/list.ts';
import { removeVolume } from '../../engine/volume/remove.ts';
import { openEngine } from '../context.ts';
import { forEachName } from '../each.ts';

export const command = defineCommand({
  names: ['volume rm', 'volume remove'],
  summary: 'Remove volumes with their data',
  usage: '[OPTIONS] VOLUME [VOLUME...]',
  description: 'A volume that a container uses, whether it runs or not, stays.',
  examples: ['volume rm data'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Remove all volumes' },
    force: { short: 'f', type: 'bool', summary: 'Missing volumes are fine' },
  },
  args: { min: 1, unless: ['all'] },
  completeArgs: 'volume',
  async run({ options, args }) {
    if (options.all && args.length > 0) {
      throw new ProaError('BAD_ARGUMENTS', 'remove volumes: name them, or use --all, not both', {
        exitCode: 1,
      });
    }
    const { store } = openEngine();
    const names = options.all ? listMatchingVolumes(store, []).volumes.map(({ name }) => name) : args;
    const remove = async (name: string): Promise<void> => {
      try {
        await removeVolume(store, name);
      } catch (error) {
        if (!options.force || !hasCode(error, 'VOLUME_NOT_FOUND')) throw error;
      }
    };
    return forEachName(names, remove, 1);
  },
});
