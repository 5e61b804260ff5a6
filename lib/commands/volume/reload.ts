import { defineCommand } from '../../cli/command.ts';

export const command = defineCommand({
  names: ['volume reload'],
  summary: 'Take over volumes of plugins',
  usage: '',
  description:
    'Podman looks here which volumes its plugins have by now. Proa has no plugins, and reads its volumes anew each ' +
    'time: there is nothing to take over, and nothing is printed.',
  examples: ['volume reload'],
  options: {},
  args: { min: 0, max: 0 },
  async run() {
    return 0;
  },
});
