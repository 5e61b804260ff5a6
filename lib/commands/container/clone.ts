import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { cloneContainer } from '../../engine/container/clone.ts';
import { isRunning } from '../../engine/container/state.ts';
import { requireImage } from '../../engine/image/require-image.ts';
import { readContainer, resolveContainer } from '../../storage/containers.ts';
import { openEngine, print, warn } from '../context.ts';
import { limitOptions, readLimits } from './limit-options.ts';

export const command = defineCommand({
  names: ['container clone'],
  summary: 'Create a container like another one',
  usage: '[OPTIONS] CONTAINER [NAME [IMAGE]]',
  description:
    'The clone has the settings and volumes of the container, also on another image, and begins with the files of ' +
    'the image. Its name is that of the container with -clone behind it, unless one is given.',
  examples: [
    'container clone web',
    'container clone --run --memory 1g web web2',
    'container clone --destroy web new',
  ],
  options: {
    ...limitOptions,
    destroy: { type: 'bool', summary: 'Remove the original' },
    force: { short: 'f', type: 'bool', summary: 'With --destroy, also when it runs' },
    name: { type: 'string', metavar: 'NAME', summary: "The clone's name" },
    run: { type: 'bool', summary: 'Start the clone' },
  },
  args: { min: 1, max: 3 },
  completeArgs: 'container',
  async run({ options, args }) {
    const { destroy, force, run } = options;
    if (force && !destroy) {
      throw new ProaError('CONFLICTING_OPTIONS', 'clone container: --force is for --destroy');
    }
    const engine = openEngine();
    const [from, given, imageName] = args;
    const original = resolveContainer(engine.store, from!);
    const before = readContainer(engine.store, original);
    if (destroy && !force && before !== undefined && isRunning(before.state)) {
      throw new ProaError('RUNNING', `clone container ${from}: it is running and could not be removed`, {
        hint: 'Use --force with --destroy',
      });
    }
    const image =
      imageName === undefined ? undefined : { record: requireImage(engine, imageName), name: imageName };
    const { config, lock, warnings } = await cloneContainer(engine, original, {
      name: options.name ?? given,
      image,
      resources: readLimits(options),
    });
    {
      using _ = lock;
      for (const warning of warnings) warn(`WARNING: ${warning}`);
      if (destroy) {
        const { removeContainer } = await import('../../engine/container/stop.ts');
        await removeContainer(engine, original, { force });
      }
      if (run) {
        const { startLocked } = await import('../../engine/container/start.ts');
        await startLocked(engine, config.id);
      }
    }
    await print(`${config.id}\n`);
  },
});
