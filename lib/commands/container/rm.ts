import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { removeContainer } from '../../engine/container/stop.ts';
import { resolveContainer } from '../../storage/containers.ts';
import { openEngine } from '../context.ts';
import { forEachName } from '../each.ts';

export const command = defineCommand({
  names: ['rm', 'container rm'],
  summary: 'Remove one or more containers',
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  options: {
    force: { short: 'f', type: 'bool', summary: 'Kill and remove running containers; missing ones are fine' },
    ignore: { short: 'i', type: 'bool', summary: 'Missing containers are fine' },
    time: {
      short: 't',
      type: 'int',
      metavar: 'SECONDS',
      summary: 'With --force, seconds to wait for the end before SIGKILL',
    },
    volumes: { short: 'v', type: 'bool', summary: 'Remove its anonymous volumes too' },
  },
  args: { min: 1 },
  completeArgs: 'container',
  async run({ options, args }) {
    const engine = openEngine();
    return forEachName(args, async (name) => {
      let id: string;
      try {
        id = resolveContainer(engine.store, name);
      } catch (error) {
        if (!(error instanceof ProaError && error.code === 'CONTAINER_NOT_FOUND')) throw error;
        if (options.force || options.ignore) return '';
        // Docker and Podman agree on 1 for this one.
        throw new ProaError(error.code, error.message, { hint: error.hint, exitCode: 1 });
      }
      const { force, volumes, time } = options;
      await removeContainer(engine, id, { force, volumes, timeout: time });
      return name;
    });
  },
});
