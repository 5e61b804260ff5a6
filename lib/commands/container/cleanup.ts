import { existsSync } from 'node:fs';
import { defineCommand } from '../../cli/command.ts';
import { hasCode, ProaError } from '../../core/error.ts';
import { cleanUpContainer } from '../../engine/container/cleanup.ts';
import type { Engine } from '../../engine/engine.ts';
import {
  latestContainer,
  listContainers,
  readContainer,
  resolveContainer,
} from '../../storage/containers.ts';
import { openEngine, print } from '../context.ts';
import { globals } from '../globals.ts';
import { latestOption } from './one-container.ts';

export const command = defineCommand({
  names: ['container cleanup'],
  summary: "Clean up after containers that ended; conmon calls it at a container's end",
  usage: '[OPTIONS] [CONTAINER...]',
  examples: ['container cleanup web', 'container cleanup --latest --rm --rmi'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Clean up after all containers' },
    exec: {
      type: 'string',
      metavar: 'SESSION',
      summary: 'Clean up after a process that exec --detach started in the container',
    },
    latest: latestOption,
    rm: { type: 'bool', summary: 'Then remove the container, with its anonymous volumes' },
    rmi: { type: 'bool', summary: 'Then remove its image, unless something else needs it' },
  },
  completeArgs: 'container',
  async run({ options, args }) {
    const { all, exec, latest, rm, rmi } = options;
    if (exec !== undefined && rmi) {
      throw new ProaError('CONFLICTING_OPTIONS', 'conflicting options: --exec and --rmi');
    }
    // A conmon may outlive a store that was deleted under it; opening would make that anew.
    const { root } = globals();
    if (root !== undefined && !existsSync(root)) return;
    const engine = openEngine();
    const containers = choose(engine, args, { all, latest });
    for (const { id, name } of containers) {
      if (exec !== undefined) {
        const { cleanUpExec } = await import('../../engine/container/exec.ts');
        cleanUpExec(engine, id, exec);
        continue;
      }
      const image = rmi ? readContainer(engine.store, id)?.config.image : undefined;
      await cleanUpContainer(engine, id);
      if (rm) await remove(engine, id);
      if (image !== undefined) {
        const { removeImage } = await import('../../engine/image/remove.ts');
        await removeImage(engine, image.name);
      }
      if (rm || rmi) await print(`${name}\n`);
    }
  },
});

function choose(
  { store }: Engine,
  names: readonly string[],
  { all, latest }: { all: boolean; latest: boolean },
): { id: string; name: string }[] {
  const byId = (id: string): { id: string; name: string } => ({ id, name: id });
  if (all) return listContainers(store, []).map(({ config }) => byId(config.id));
  if (latest) return [byId(latestContainer(store))];
  return names.flatMap((name) => {
    try {
      return [{ id: resolveContainer(store, name), name }];
    } catch (error) {
      // A foreground `run --rm` was faster.
      if (hasCode(error, 'CONTAINER_NOT_FOUND')) return [];
      throw error;
    }
  });
}

/** @throws ProaError RUNNING */
async function remove(engine: Engine, id: string): Promise<void> {
  const { removeContainer } = await import('../../engine/container/stop.ts');
  try {
    await removeContainer(engine, id, { volumes: true });
  } catch (error) {
    // It was one with --rm, and went with its clean-up.
    if (!hasCode(error, 'CONTAINER_NOT_FOUND', 'ENOENT')) throw error;
  }
}
