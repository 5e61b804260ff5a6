import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { ExitWatch } from '../../engine/container/exit-watch.ts';
import { isRunning } from '../../engine/container/state.ts';
import { awaitEnd } from '../../engine/container/wait.ts';
import { tellContainer } from '../../engine/events.ts';
import { bundlePath, readContainer } from '../../storage/containers.ts';
import { openEngine } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { latestOption, selectOnly } from './one-container.ts';
import { SignalProxy } from './signals.ts';
import { StreamSession } from './streams.ts';

export const command = defineCommand({
  names: ['attach', 'container attach'],
  summary: 'Attach to the streams of a running container',
  usage: '[OPTIONS] [CONTAINER]',
  examples: ['attach web', 'attach --no-stdin --latest'],
  options: {
    'detach-keys': { type: 'string', metavar: 'KEYS', summary: 'Key sequence that detaches' },
    latest: latestOption,
    'no-stdin': { type: 'bool', summary: 'Do not attach stdin' },
    'sig-proxy': {
      type: 'bool',
      default: true,
      summary: "Pass received signals on to the container's process",
    },
  },
  args: { min: 1, max: 1, unless: ['latest'] },
  completeArgs: 'running',
  run: ({ options, args }) =>
    withExitCode1(async () => {
      const engine = openEngine();
      const id = selectOnly(engine, options.latest, args);
      using watch = ExitWatch.open(engine.store, id);
      const { config, state } = readContainer(engine.store, id)!;
      if (!isRunning(state)) {
        throw new ProaError('NOT_RUNNING', `attach to container ${config.name}: it is not running`, {
          hint: `proa start --attach ${config.name}`,
        });
      }
      if (config.logging?.driver === 'passthrough') {
        const what = `attach to container ${config.name}: its log driver, passthrough, gave its streams away`;
        throw new ProaError('NOT_ATTACHABLE', what);
      }
      using session = await StreamSession.open({
        folder: bundlePath(engine.store, id),
        tty: config.tty,
        stdin: config.openStdin && !options['no-stdin'],
        detachKeys: options['detach-keys'] ?? config.detachKeys,
      });
      tellContainer(engine.store, config, 'attach');
      using signals = options['sig-proxy'] ? new SignalProxy() : undefined;
      signals?.passTo(state.process!);
      if ((await session.run()) === 'detached') return 0;
      return await awaitEnd(engine, id, watch, state);
    }),
});
