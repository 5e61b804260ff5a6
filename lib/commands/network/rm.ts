import { defineCommand } from '../../cli/command.ts';
import { hasCode, ProaError } from '../../core/error.ts';
import { removeNetworkNamed } from '../../engine/network/remove.ts';
import { openEngine } from '../context.ts';
import { forEachName } from '../each.ts';

export const command = defineCommand({
  names: ['network rm', 'network remove'],
  summary: 'Remove networks',
  usage: '[OPTIONS] NETWORK [NETWORK...]',
  description: 'A network that a running container is on stays.',
  examples: ['network rm backend', 'network rm --force --time 5 backend'],
  options: {
    force: { short: 'f', type: 'bool', summary: 'Missing networks are fine' },
    time: {
      short: 't',
      type: 'int',
      metavar: 'SECONDS',
      summary: 'With --force: remove the containers on it first, which get so long to end',
    },
  },
  args: { min: 1 },
  completeArgs: 'network',
  async run({ options: { force, time }, args }) {
    if (time !== undefined && !force) {
      throw new ProaError('BAD_ARGUMENTS', 'remove networks: --time is for --force', { exitCode: 1 });
    }
    const engine = openEngine();
    const remove = async (name: string): Promise<void> => {
      try {
        await removeNetworkNamed(engine, name, { containersAfter: time });
      } catch (error) {
        if (!force || !hasCode(error, 'NETWORK_NOT_FOUND')) throw error;
      }
    };
    return forEachName(args, remove, 1);
  },
});
