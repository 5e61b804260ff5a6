import { defineCommand } from '../../cli/command.ts';
import { chooseBuilder } from '../../engine/build/builders.ts';
import { openEngine } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { builderOption } from './builder-option.ts';

export const command = defineCommand({
  names: ['buildx use'],
  summary: 'Choose a builder',
  usage: '[OPTIONS] NAME',
  examples: ['buildx use ci', 'buildx use default'],
  options: {
    ...builderOption,
    default: { type: 'bool', summary: 'For the current context: there is one' },
    global: { type: 'bool', summary: 'For all contexts: there is one' },
  },
  args: { min: 0, max: 1 },
  run: ({ options, args: [name] }) =>
    withExitCode1(() => chooseBuilder(openEngine().store, name ?? options.builder ?? 'default')),
});
