import { defineCommand } from '../../cli/command.ts';
import { requireBuilder } from '../../engine/build/builders.ts';
import { openEngine } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { builderOption } from './builder-option.ts';

export const command = defineCommand({
  names: ['buildx stop'],
  summary: 'Stop a builder, which never runs',
  usage: '[OPTIONS] [NAME]',
  description: 'Nothing runs between builds, so there is nothing to stop; an unknown name is an error.',
  examples: ['buildx stop ci'],
  options: builderOption,
  args: { min: 0, max: 1 },
  run: ({ options, args: [name] }) =>
    withExitCode1(async () => {
      requireBuilder(openEngine().store, name ?? options.builder);
    }),
});
