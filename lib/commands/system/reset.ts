import { defineCommand } from '../../cli/command.ts';
import { confirm } from '../../cli/prompt.ts';
import { resetSystem, resetWarning } from '../../engine/system/reset.ts';
import { openEngine } from '../context.ts';

export const command = defineCommand({
  names: ['system reset'],
  summary: 'Remove all containers, images, volumes and networks',
  usage: '[OPTIONS]',
  examples: ['system reset', 'system reset --force'],
  options: {
    force: { short: 'f', type: 'bool', summary: 'Do not ask' },
  },
  args: { min: 0, max: 0 },
  async run({ options }) {
    const engine = openEngine();
    if (!options.force && !(await confirm(resetWarning(engine.store)))) return;
    await resetSystem(engine);
  },
});
