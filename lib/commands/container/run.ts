import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import type { Lock } from '../../core/lock.ts';
import { warmCgroupLock } from '../../engine/container/cgroup-lock.ts';
import { createContainer } from '../../engine/container/create.ts';
import { ExitWatch } from '../../engine/container/exit-watch.ts';
import { readinessSocket } from '../../engine/container/service-manager.ts';
import { startLocked } from '../../engine/container/start.ts';
import { awaitEnd } from '../../engine/container/wait.ts';
import type { Engine } from '../../engine/engine.ts';
import { tellContainer } from '../../engine/events.ts';
import { bundlePath, type ContainerConfig, type ContainerState } from '../../storage/containers.ts';
import { openEngine, print, warn } from '../context.ts';
import { tellOfBoot } from './boot-advice.ts';
import { CidFile } from './cidfile.ts';
import { resolveCreateImage } from './create-image.ts';
import { createOptions, readCreateOptions } from './create-options.ts';
import { adviseOnFailure } from './failure-advice.ts';
import { checkDescriptors, preserveFdsOption } from './options/descriptors.ts';
import { parseStreams, type Stream } from './options/process.ts';
import { replaceContainer } from './replace.ts';
import { SignalProxy } from './signals.ts';
import { handledLater, type StreamEnd, StreamSession } from './streams.ts';

export const command = defineCommand({
  names: ['run', 'container run'],
  summary: 'Create and run a new container from an image',
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  examples: ['run --rm -it busybox sh', 'run -d --name web -p 8080:80 nginx'],
  options: {
    ...createOptions,
    ...preserveFdsOption,
    rmi: { type: 'bool', summary: 'Remove the container, and its image unless others use it, when it ends' },
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
    const preserveFds = checkDescriptors(options['preserve-fds']);
    if (options.detach && options.attach.length > 0) throw conflict('--attach', '--detach', 1);
    if (options.detach && options.rmi) throw conflict('--rmi', '--detach');
    if (options.detach) request.stdinOnce = false;
    else request.options = { ...request.options, attach: attachedStreams(call.options) };
    if (options.rmi) request.autoRemove = true;
    using cidFile = CidFile.create(options.cidfile);
    request.image = await resolveCreateImage(engine, call);
    if (options.replace) await replaceContainer(engine, options.name!);
    const { config, lock, warnings } = await createContainer(engine, request);
    for (const warning of warnings) warn(`WARNING: ${warning}`);
    await tellOfBoot(engine, config);
    cidFile.write(config.id);
    if (options.detach) return await runDetached(engine, config, lock, preserveFds);
    const code = await runAttached(engine, config, lock, { sigProxy: options['sig-proxy'], preserveFds });
    if (options.rmi && config.image !== undefined) await removeUnused(engine, config.image.name);
    return code;
  },
});

async function runDetached(
  engine: Engine,
  config: ContainerConfig,
  held: Lock,
  preserveFds: number | undefined,
): Promise<void> {
  const told = readinessSocket(config);
  await startOrRemove(engine, config, held, () => startLocked(engine, config.id, { preserveFds }));
  held[Symbol.dispose]();
  if (told !== undefined)
    await (await import('../../engine/container/readiness.ts')).awaitReadiness(engine, config, told);
  await print(`${config.id}\n`);
}

async function runAttached(
  engine: Engine,
  config: ContainerConfig,
  held: Lock,
  { sigProxy, preserveFds }: { sigProxy: boolean; preserveFds: number | undefined },
): Promise<number> {
  const { id, attach } = config;
  const attaches = (stream: Stream): boolean => attach?.includes(stream) ?? true;
  // Docker's: who sees nothing of it gets its id.
  if (!attaches('stdout') && !attaches('stderr')) await print(`${id}\n`);
  using watch = ExitWatch.open(engine.store, id);
  using resources = new DisposableStack();
  let ended: Promise<StreamEnd> | undefined;
  let signals: SignalProxy | undefined;
  const told = readinessSocket(config);
  const state = await startOrRemove(engine, config, held, () =>
    startLocked(engine, id, {
      preserveFds,
      beforeStart: async () => {
        if (sigProxy) signals = resources.use(new SignalProxy());
        // It has our own streams.
        if (config.logging?.driver === 'passthrough') return;
        const session = await StreamSession.open({
          folder: bundlePath(engine.store, id),
          tty: config.tty,
          stdin: config.openStdin,
          stdout: attaches('stdout'),
          stderr: attaches('stderr'),
          detachKeys: config.detachKeys,
        });
        tellContainer(engine.store, config, 'attach');
        ended = handledLater(resources.use(session).run());
      },
    }),
  );
  held[Symbol.dispose]();
  signals?.passTo(state.process!);
  // Beside the streams; that it ended before is told by its end.
  if (told !== undefined) {
    const { awaitReadiness } = await import('../../engine/container/readiness.ts');
    handledLater(awaitReadiness(engine, config, told));
  }
  if ((await ended) === 'detached') return 0;
  return await awaitEnd(engine, id, watch, state, adviseOnFailure(engine, config));
}

/** Without --attach all, and stdin whenever it is kept open, as Docker has it. */
function attachedStreams(options: { attach: string[]; interactive: boolean }): Stream[] {
  const streams = parseStreams(options.attach) ?? ['stdout', 'stderr'];
  return options.interactive && !streams.includes('stdin') ? ['stdin', ...streams] : streams;
}

/** `--rmi`: as its name says, not an image that someone else uses. */
async function removeUnused(engine: Engine, name: string): Promise<void> {
  const { removeImage } = await import('../../engine/image/remove.ts');
  try {
    await removeImage(engine, name);
  } catch (error) {
    if (!(error instanceof ProaError && ['IMAGE_IN_USE', 'IMAGE_NOT_FOUND'].includes(error.code)))
      throw error;
  }
}

function conflict(a: string, b: string, exitCode?: number): ProaError {
  return new ProaError('CONFLICTING_OPTIONS', `conflicting options: ${a} and ${b}`, { exitCode });
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
