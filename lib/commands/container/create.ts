import { defineCommand, type Invocation } from '../../cli/command.ts';
import { createContainer } from '../../engine/container/create.ts';
import { openEngine, print, warn } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { tellOfBoot } from './boot-advice.ts';
import { CidFile } from './cidfile.ts';
import { resolveCreateImage } from './create-image.ts';
import { createOptions, readCreateOptions } from './create-options.ts';
import { replaceContainer } from './replace.ts';

export const command = defineCommand({
  names: ['create', 'container create'],
  summary: 'Create a new container',
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  examples: ['create --name web -p 8080:80 nginx', 'create -it busybox sh'],
  options: createOptions,
  interspersed: false,
  args: { min: 1 },
  completeArgs: 'image',
  // Docker's create answers with 1 whatever goes wrong: nothing was to run, so 125 says nothing more.
  run: (call) => withExitCode1(() => create(call)),
});

async function create(call: Invocation<typeof createOptions>): Promise<void> {
  const engine = openEngine();
  const request = readCreateOptions(call, engine.identity.rootless);
  using cidFile = CidFile.create(call.options.cidfile);
  request.image = await resolveCreateImage(engine, call);
  if (call.options.replace) await replaceContainer(engine, call.options.name!);
  const { config, lock, warnings } = await createContainer(engine, request);
  for (const warning of warnings) warn(`WARNING: ${warning}`);
  await tellOfBoot(engine, config);
  lock[Symbol.dispose]();
  cidFile.write(config.id);
  await print(`${config.id}\n`);
}
