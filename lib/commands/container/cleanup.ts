import { existsSync } from 'node:fs';
import { defineCommand } from '../../cli/command.ts';
import { hasCode } from '../../core/error.ts';
import { cleanUpContainer } from '../../engine/container/cleanup.ts';
import { listContainers, resolveContainer } from '../../storage/containers.ts';
import { openEngine } from '../context.ts';
import { globals } from '../globals.ts';

export const command = defineCommand({
  names: ['container cleanup'],
  summary: "Clean up after containers that ended; conmon calls it at a container's end",
  usage: '[OPTIONS] [CONTAINER...]',
  examples: ['container cleanup web'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Clean up after all containers' },
    exec: {
      type: 'string',
      metavar: 'SESSION',
      summary: 'Clean up after a process that exec --detach started in the container',
    },
  },
  completeArgs: 'container',
  async run({ options, args }) {
    // A conmon may outlive a store that was deleted under it; opening would make that anew.
    const { root } = globals();
    if (root !== undefined && !existsSync(root)) return;
    const engine = openEngine();
    const ids = options.all
      ? listContainers(engine.store, []).map(({ config }) => config.id)
      : args.flatMap((name) => {
          try {
            return [resolveContainer(engine.store, name)];
          } catch (error) {
            // A foreground `run --rm` was faster.
            if (hasCode(error, 'CONTAINER_NOT_FOUND')) return [];
            throw error;
          }
        });
    if (options.exec !== undefined) {
      const { cleanUpExec } = await import('../../engine/container/exec.ts');
      for (const id of ids) cleanUpExec(engine, id, options.exec);
      return;
    }
    for (const id of ids) await cleanUpContainer(engine, id);
  },
});
