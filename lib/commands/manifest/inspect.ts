import { defineCommand } from '../../cli/command.ts';
import { inspectEntry, inspectManifest, inspectVerbose } from '../../engine/manifest-list/inspect.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { listRegistryOptions, readListRegistryOptions } from './list-options.ts';

export const command = defineCommand({
  names: ['manifest inspect'],
  summary: 'Show a manifest or a manifest list',
  usage: '[OPTIONS] [LIST] MANIFEST',
  description:
    'Shows a list of this store, one manifest of it, or what a registry has under the name; nothing is downloaded but that.',
  examples: [
    'manifest inspect team/app:1.0',
    'manifest inspect --verbose team/app:1.0 team/app:1.0-arm64',
    'manifest inspect --insecure registry.local:5000/app',
  ],
  options: {
    verbose: { short: 'v', type: 'bool', summary: 'Show descriptors, platforms and layers too' },
    ...listRegistryOptions,
  },
  args: { min: 1, max: 2 },
  completeArgs: 'image',
  run: ({ options, args }) =>
    withExitCode1(async () => {
      const engine = openEngine();
      const registry = readListRegistryOptions(options);
      const name = args.at(-1)!;
      const list = args.length > 1 ? args[0] : undefined;
      if (options.verbose) {
        const found = await inspectVerbose(engine, name, registry, list);
        await print(`${JSON.stringify(found, null, '\t')}\n`);
      } else if (list !== undefined) await print(`${inspectEntry(engine, list, name)}\n`);
      else await print(`${await inspectManifest(engine, name, registry)}\n`);
    }),
});
