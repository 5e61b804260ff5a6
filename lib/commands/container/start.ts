import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { warmCgroupLock } from '../../engine/container/cgroup-lock.ts';
import { ExitWatch } from '../../engine/container/exit-watch.ts';
import { startLocked } from '../../engine/container/start.ts';
import { awaitEnd } from '../../engine/container/wait.ts';
import type { Engine } from '../../engine/engine.ts';
import { tellContainer } from '../../engine/events.ts';
import { bundlePath, lockContainer, readContainer, resolveContainer } from '../../storage/containers.ts';
import { openEngine } from '../context.ts';
import { forEachName } from '../each.ts';
import { SignalProxy } from './signals.ts';
import { handledLater, type StreamEnd, StreamSession } from './streams.ts';

export const command = defineCommand({
  names: ['start', 'container start'],
  summary: 'Start one or more stopped containers',
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  options: {
    attach: { short: 'a', type: 'bool', summary: "Attach to the container's output and pass signals on" },
    'detach-keys': { type: 'string', metavar: 'KEYS', summary: 'Key sequence that detaches' },
    interactive: { short: 'i', type: 'bool', summary: "Attach our stdin to the container's" },
    'sig-proxy': { type: 'bool', default: true, summary: 'With --attach, pass received signals on' },
  },
  args: { min: 1 },
  completeArgs: 'stopped',
  async run({ options, args }) {
    const engine = openEngine();
    warmCgroupLock(engine);
    if (options.attach || options.interactive) {
      if (args.length > 1) {
        throw new ProaError('BAD_ARGUMENTS', 'start containers: only one can be attached to at once');
      }
      return startAttached(engine, resolveContainer(engine.store, args[0]!), options);
    }
    return forEachName(args, async (name) => {
      const id = resolveContainer(engine.store, name);
      using _ = await lockContainer(engine.store, id);
      await startLocked(engine, id);
    });
  },
});

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
  return await awaitEnd(engine, id, watch, state);
}
