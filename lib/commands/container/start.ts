import { defineCommand, type Options, type OptionTable } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { warmCgroupLock } from '../../engine/container/cgroup-lock.ts';
import { ExitWatch } from '../../engine/container/exit-watch.ts';
import { selectContainers } from '../../engine/container/select.ts';
import { readinessSocket } from '../../engine/container/service-manager.ts';
import { startLocked } from '../../engine/container/start.ts';
import { awaitEnd } from '../../engine/container/wait.ts';
import type { Engine } from '../../engine/engine.ts';
import { tellContainer } from '../../engine/events.ts';
import { bundlePath, lockContainer, readContainer, resolveContainer } from '../../storage/containers.ts';
import { checkpointDirOption } from '../checkpoint/options.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { adviseOnFailure } from './failure-advice.ts';
import { latestOption } from './one-container.ts';
import { filterOption, forEachContainer, INSTEAD_OF_NAMES, readSelection } from './selection.ts';
import { SignalProxy } from './signals.ts';
import { handledLater, type StreamEnd, StreamSession } from './streams.ts';

const startOptions = {
  all: { type: 'bool', summary: 'Start all containers that do not run' },
  attach: { short: 'a', type: 'bool', summary: "Attach to the container's output and pass signals on" },
  checkpoint: { type: 'string', metavar: 'NAME', summary: 'Go on from this checkpoint' },
  'checkpoint-dir': checkpointDirOption,
  'detach-keys': { type: 'string', metavar: 'KEYS', summary: 'Key sequence that detaches' },
  interactive: { short: 'i', type: 'bool', summary: "Attach our stdin to the container's" },
  filter: filterOption,
  latest: latestOption,
  'sig-proxy': { type: 'bool', default: true, summary: 'With --attach, pass received signals on' },
} as const satisfies OptionTable;

export const command = defineCommand({
  names: ['start', 'container start'],
  summary: 'Start one or more stopped containers',
  usage: '[OPTIONS] [CONTAINER...]',
  examples: ['start web', 'start --attach --interactive shell', 'start --filter label=app=shop'],
  options: startOptions,
  args: { min: 1, unless: INSTEAD_OF_NAMES },
  completeArgs: 'stopped',
  async run(call) {
    const { options, args } = call;
    const engine = openEngine();
    if (options.checkpoint !== undefined)
      return withExitCode1(() => startCheckpointed(engine, options, args));
    warmCgroupLock(engine);
    if (options.attach || options.interactive) {
      const id = await withExitCode1(() => selectAttached(engine, options, args));
      return withExitCode1(() => startAttached(engine, id, options));
    }
    return forEachContainer(call, { exitCode: 1, suits: isStartable }, async (engine, id) => {
      const config = readContainer(engine.store, id)?.config;
      const told = readinessSocket(config);
      {
        using _ = await lockContainer(engine.store, id);
        await startLocked(engine, id);
      }
      if (told === undefined) return;
      const { awaitReadiness } = await import('../../engine/container/readiness.ts');
      await awaitReadiness(engine, config!, told);
    });
  },
});

/** As Docker: one container, which runs on as it did, and not on our streams. */
async function startCheckpointed(
  engine: Engine,
  options: Options<typeof startOptions>,
  args: readonly string[],
): Promise<number> {
  const [name, ...others] = args;
  if (options.attach || options.interactive) {
    throw new ProaError(
      'CONFLICTING_OPTIONS',
      'conflicting options: --checkpoint and --attach or --interactive',
    );
  }
  if (name === undefined || others.length > 0) {
    throw new ProaError('BAD_ARGUMENTS', 'start from a checkpoint: name one container');
  }
  const { startFromCheckpoint } = await import('../../engine/container/named-checkpoint.ts');
  const checkpoint = { name: options.checkpoint!, folder: options['checkpoint-dir'] };
  await startFromCheckpoint(engine, resolveContainer(engine.store, name), checkpoint);
  await print(`${name}\n`);
  return 0;
}

function isStartable({ status }: { status: string }): boolean {
  return status !== 'running' && status !== 'paused';
}

/** The one container to attach to. */
async function selectAttached(
  { store }: Engine,
  options: Options<typeof startOptions>,
  args: readonly string[],
): Promise<string> {
  const choices = await selectContainers(store, { ...readSelection(options, args), suits: isStartable });
  const [choice] = choices;
  if (choices.length > 1) {
    throw new ProaError('BAD_ARGUMENTS', 'start containers: only one can be attached to at once');
  }
  if (choice === undefined) throw new ProaError('CONTAINER_NOT_FOUND', 'start container: none matches');
  if ('error' in choice) throw choice.error;
  return choice.id;
}

async function startAttached(
  engine: Engine,
  id: string,
  options: { interactive: boolean; 'detach-keys': string | undefined; 'sig-proxy': boolean },
): Promise<number> {
  const held = await lockContainer(engine.store, id);
  using watch = ExitWatch.open(engine.store, id);
  const { config } = readContainer(engine.store, id)!;
  let ended: Promise<StreamEnd> | undefined;
  let signals: SignalProxy | undefined;
  using resources = new DisposableStack();
  const open = async (): Promise<void> => {
    if (options['sig-proxy']) signals ??= resources.use(new SignalProxy());
    // It has our own streams.
    if (config.logging?.driver === 'passthrough') return;
    const session = await StreamSession.open({
      folder: bundlePath(engine.store, id),
      tty: config.tty,
      stdin: options.interactive && config.openStdin,
      detachKeys: options['detach-keys'] ?? config.detachKeys,
    });
    tellContainer(engine.store, config, 'attach');
    ended = handledLater(resources.use(session).run());
  };
  const state = await startLocked(engine, id, { beforeStart: open });
  held[Symbol.dispose]();
  // It ran already: then this is an attach.
  if (ended === undefined) await open();
  signals?.passTo(state.process!);
  if ((await ended) === 'detached') return 0;
  return await awaitEnd(engine, id, watch, state, adviseOnFailure(engine, config));
}
