import { defineCommand } from '../../cli/command.ts';
import { diagnose } from '../../engine/system/doctor.ts';
import { readIdentity } from '../../rootless/identity.ts';
import { defaultPlaces } from '../../storage/store.ts';
import { print } from '../context.ts';
import { globals } from '../globals.ts';

export const command = defineCommand({
  names: ['doctor'],
  summary: 'Check this machine and say what is missing',
  usage: '',
  examples: ['doctor'],
  description:
    'Prints a line for everything that Proa needs of this machine, and below what is amiss the command that mends it.\n' +
    'Changes nothing. The exit code is 1 when something is missing without which containers do not run.',
  options: {},
  args: { min: 0, max: 0 },
  async run() {
    const identity = readIdentity();
    const root = globals().root ?? defaultPlaces(identity).root;
    let missing = 0;
    for (const { state, what, why, cure } of diagnose({ identity, root })) {
      if (state === 'missing') missing++;
      await print(`${state}: ${what}: ${why}\n${cure === undefined ? '' : `    ${cure}\n`}`);
    }
    return missing > 0 ? 1 : 0;
  },
});
