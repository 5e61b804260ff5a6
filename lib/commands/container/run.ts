import { defineCommand } from '../../cli/command.ts';
import type { Lock } from '../../core/lock.ts';
import { warmCgroupLock } from '../../engine/container/cgroup-lock.ts';
import { createContainer } from '../../engine/container/create.ts';
import { ExitWatch } from '../../engine/container/exit-watch.ts';
import { startLocked } from '../../engine/container/start.ts';
import { awaitEnd } from '../../engine/container/wait.ts';
import type { Engine } from '../../engine/engine.ts';
import { bundlePath, type ContainerConfig, type ContainerState } from '../../storage/containers.ts';
import { openEngine, print, warn } from '../context.ts';
import { CidFile } from './cidfile.ts';
import { resolveCreateImage } from './create-image.ts';
import { createOptions, readCreateOptions } from './create-options.ts';
import { SignalProxy } from './signals.ts';
import { handledLater, type StreamEnd, StreamSession } from './streams.ts';

export const command = defineCommand({
  names: ['run', 'container run'],
  summary: 'Create and run a new container from an image',
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  examples: ['run --rm -it busybox sh', 'run -d --name web -p 8080:80 nginx'],
  options: {
    ...createOptions,
    detach: { short: 'd', type: 'bool', summary: 'Run in the background and print the container id' },
    'sig-proxy': {
      type: 'bool',
      default: true,
      summary: "Pass received signals on to the container's process",
    },
  },
  interspersed: false,
  args: { min: 1 },
  completeArgs: 'image',
  async run(call) {
    const { options } = call;
    const engine = openEngine();
    warmCgroupLock(engine);
    const request = readCreateOptions(call, engine.identity.rootless);
    if (options.detach) request.stdinOnce = false;
    using cidFile = CidFile.create(options.cidfile);
    request.image = await resolveCreateImage(engine, call);
    const { config, lock, warnings } = await createContainer(engine, request);
    for (const warning of warnings) warn(`WARNING: ${warning}`);
    cidFile.write(config.id);
    if (options.detach) return await runDetached(engine, config, lock);
    return await runAttached(engine, config, lock, options['sig-proxy']);
  },
});

async function runDetached(engine: Engine, config: ContainerConfig, held: Lock): Promise<void> {
  await startOrRemove(engine, config, held, () => startLocked(engine, config.id));
  held[Symbol.dispose]();
  await print(`${config.id}\n`);
}

async function runAttached(
  engine: Engine,
  config: ContainerConfig,
  held: Lock,
  sigProxy: boolean,
): Promise<number> {
  const { id } = config;
  using watch = ExitWatch.open(engine.store, id);
  using resources = new DisposableStack();
  let ended: Promise<StreamEnd> | undefined;
  let signals: SignalProxy | undefined;
  const state = await startOrRemove(engine, config, held, () =>
    startLocked(engine, id, {
      beforeStart: async () => {
        const session = await StreamSession.open({
          folder: bundlePath(engine.store, id),
          tty: config.tty,
          stdin: config.openStdin,
          detachKeys: config.detachKeys,
        });
        ended = handledLater(resources.use(session).run());
        if (sigProxy) signals = resources.use(new SignalProxy());
      },
    }),
  );
  held[Symbol.dispose]();
  signals?.passTo(state.process!);
  if ((await ended) === 'detached') return 0;
  return await awaitEnd(engine, id, watch, state);
}

/** A --rm container whose start fails does not stay. */
async function startOrRemove(
  engine: Engine,
  config: ContainerConfig,
  held: Lock,
  start: () => Promise<ContainerState>,
): Promise<ContainerState> {
  try {
    return await start();
  } catch (error) {
    if (config.autoRemove) {
      const { removeLocked } = await import('../../engine/container/cleanup.ts');
      await removeLocked(engine, { config, state: { version: 1, status: 'exited', restartCount: 0 } });
    }
    held[Symbol.dispose]();
    throw error;
  }
}
