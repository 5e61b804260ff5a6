import { defineCommand } from '../../cli/command.ts';
import { confirm } from '../../cli/prompt.ts';
import { allBuilders, discardBuilder, requireBuilder } from '../../engine/build/builders.ts';
import { currentBuilder, DEFAULT_BUILDER } from '../../storage/builders.ts';
import { openEngine } from '../context.ts';
import { forEachName } from '../each.ts';
import { withExitCode1 } from '../exit-code.ts';
import { builderOption } from './builder-option.ts';

export const command = defineCommand({
  names: ['buildx rm'],
  summary: 'Remove builders',
  usage: '[OPTIONS] [NAME...]',
  description: 'What they built and the cache stay: these are of the engine, not of a builder.',
  examples: ['buildx rm ci', 'buildx rm --all-inactive --force'],
  options: {
    ...builderOption,
    'all-inactive': { type: 'bool', summary: 'All that are not in use' },
    force: { short: 'f', type: 'bool', summary: 'Do not ask' },
    'keep-daemon': { type: 'bool', summary: 'Leave the daemon: there is none' },
    'keep-state': { type: 'bool', summary: 'Leave the cache: it always stays' },
    timeout: { type: 'duration', summary: 'How long to wait for a node: there is nothing to wait for' },
  },
  args: { min: 0 },
  run: ({ options, args }) =>
    withExitCode1(async () => {
      const { store } = openEngine();
      const remove = async (name: string): Promise<string> => {
        await discardBuilder(store, name);
        return `${name} removed`;
      };
      if (!options['all-inactive']) {
        const names = args.length > 0 ? args : [requireBuilder(store, options.builder).name];
        return await forEachName(names, remove, 1);
      }
      const inactive = allBuilders(store)
        .map(({ name }) => name)
        .filter((name) => name !== DEFAULT_BUILDER && name !== currentBuilder(store));
      if (!options.force && !(await confirm('This will remove all builders that are not in use.'))) return 0;
      return await forEachName(inactive, remove, 1);
    }),
});
