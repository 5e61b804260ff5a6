import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { createVolume } from '../../engine/volume/create.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { pairs } from '../pairs.ts';

export const command = defineCommand({
  names: ['volume create'],
  summary: 'Create a volume',
  usage: '[OPTIONS] [VOLUME]',
  description: 'Prints its name. One of that name that is there already is left as it is.',
  examples: [
    'volume create data',
    'volume create --label app=web data',
    'volume create -o type=tmpfs -o device=tmpfs -o o=size=100m,uid=1000 scratch',
    'volume create -o type=none -o o=bind -o device=/srv/data data',
    'volume create -o type=nfs -o o=addr=192.0.2.1,rw -o device=:/export data',
    'volume create --driver image --opt image=base work',
  ],
  options: {
    driver: {
      short: 'd',
      type: 'string',
      default: 'local',
      metavar: 'DRIVER',
      summary: 'local: a folder, or what mount(8) mounts; image: an image’s files to write over',
    },
    ignore: { type: 'bool', summary: 'One of that name is fine (it always is)' },
    label: { short: 'l', type: 'list', metavar: 'KEY=VALUE', summary: 'Set labels' },
    name: { type: 'string', metavar: 'NAME', summary: 'The name, as an option', hidden: true },
    opt: {
      short: 'o',
      type: 'list',
      metavar: 'KEY=VALUE',
      summary: 'Options of the driver: type, device, o, size, copy, nocopy; for image: image',
    },
  },
  args: { min: 0, max: 1 },
  run: ({ options, args }) =>
    withExitCode1(async () => {
      if (options.name !== undefined && args.length > 0) {
        throw new ProaError(
          'BAD_ARGUMENTS',
          'create volume: give its name once, as an argument or with --name',
        );
      }
      const { name } = await createVolume(openEngine().store, {
        name: options.name ?? args[0],
        driver: options.driver,
        labels: pairs(options.label),
        options: pairs(options.opt),
      });
      await print(`${name}\n`);
    }),
});
