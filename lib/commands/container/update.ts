import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { updateContainer } from '../../engine/container/update.ts';
import { warn } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { parseRestartPolicy } from './create-options.ts';
import { limitOptions, readLimits } from './limit-options.ts';
import { latestOption } from './one-container.ts';
import { forEachContainer } from './selection.ts';

export const command = defineCommand({
  names: ['update', 'container update'],
  summary: 'Change the limits and the restart policy of containers',
  usage: '[OPTIONS] [CONTAINER...]',
  description: 'What is not given stays as it is. Running containers are changed at once.',
  examples: ['update --memory 512m --cpus 1.5 web', 'update --restart unless-stopped web db'],
  options: {
    ...limitOptions,
    latest: latestOption,
    restart: {
      type: 'string',
      metavar: 'POLICY',
      summary: 'no, on-failure[:N], always or unless-stopped',
    },
  },
  args: { min: 1, unless: ['latest'] },
  completeArgs: 'container',
  run: ({ options, args, given }) =>
    withExitCode1(async () => {
      if (![...given].some((name) => name !== 'latest')) {
        throw new ProaError('BAD_ARGUMENTS', 'update containers: say what to change', {
          hint: "See 'proa update --help'",
        });
      }
      const { restart, latest } = options;
      const changes = {
        resources: readLimits(options),
        restart: restart === undefined ? undefined : parseRestartPolicy(restart),
      };
      return forEachContainer({ options: { latest }, args }, { exitCode: 1 }, async (engine, id) => {
        for (const warning of await updateContainer(engine, id, changes)) warn(`WARNING: ${warning}`);
      });
    }),
});
