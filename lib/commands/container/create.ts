import { defineCommand } from '../../cli/command.ts';
import { createContainer } from '../../engine/container/create.ts';
import { openEngine, print } from '../context.ts';
import { resolveCreateImage } from './create-image.ts';
import { createOptions, readCreateOptions, writeCidFile } from './create-options.ts';

export const command = defineCommand({
  names: ['create', 'container create'],
  summary: 'Create a new container',
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  options: createOptions,
  interspersed: false,
  args: { min: 1 },
  completeArgs: 'image',
  async run(call) {
    const engine = openEngine();
    const request = readCreateOptions(call, engine.identity.rootless);
    request.image = await resolveCreateImage(engine, call);
    const { config, lock } = await createContainer(engine, request);
    lock[Symbol.dispose]();
    if (call.options.cidfile !== undefined) await writeCidFile(call.options.cidfile, config.id);
    await print(`${config.id}\n`);
  },
});
