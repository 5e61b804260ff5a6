import { defineCommand } from '../../cli/command.ts';
import { migrateSystem } from '../../engine/system/migrate.ts';
import { openEngine, warn } from '../context.ts';

export const command = defineCommand({
  names: ['system migrate'],
  summary: 'Take over changes of the machine: subordinate ids, another runtime',
  usage: '[OPTIONS]',
  description:
    'A new version of Proa reads what older ones wrote, so there is nothing to do after an update. For a user whose ' +
    'ranges in /etc/subuid changed, the user namespace is made anew.',
  examples: ['system migrate', 'system migrate --new-runtime runc'],
  options: {
    'new-runtime': {
      type: 'string',
      metavar: 'NAME',
      summary: 'Let all containers run with this from now on',
    },
  },
  args: { min: 0, max: 0 },
  async run({ options }) {
    const runtime = options['new-runtime'];
    const { containers, userNamespace } = await migrateSystem(openEngine(), runtime);
    if (runtime !== undefined)
      warn(`${containers} containers will run with ${runtime} from their next start on`);
    if (userNamespace) warn('The next command makes the user namespace anew');
    else if (runtime === undefined) warn('Nothing to migrate: this version reads what older ones wrote');
  },
});
