import { defineCommand, type OptionTable } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { checkpointContainer } from '../../engine/container/checkpoint.ts';
import { latestOption } from './one-container.ts';
import { forEachContainer, INSTEAD_OF_NAMES } from './selection.ts';

/** What criu has to be told; also `restore`'s. */
export const criuOptions = {
  'file-locks': { type: 'bool', summary: 'Its processes hold file locks' },
  keep: { short: 'k', type: 'bool', summary: "Keep criu's logs and files" },
  latest: latestOption,
  'tcp-established': { type: 'bool', summary: 'Its processes have open TCP connections' },
} as const satisfies OptionTable;

export const command = defineCommand({
  names: ['container checkpoint'],
  summary: 'Write running containers to disk',
  usage: '[OPTIONS] [CONTAINER...]',
  description:
    'The processes end, and `proa container restore` goes on with them where they were. It needs criu and an OCI ' +
    'runtime that knows it.',
  examples: ['container checkpoint web', 'container checkpoint --leave-running --all'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'All running containers' },
    ...criuOptions,
    'leave-running': { short: 'R', type: 'bool', summary: 'It goes on afterwards' },
    'pre-checkpoint': { short: 'P', type: 'bool', summary: 'Only its memory, while it goes on' },
    'with-previous': { type: 'bool', summary: 'Only what changed since the pre-checkpoint' },
  },
  args: { min: 1, unless: INSTEAD_OF_NAMES },
  completeArgs: 'running',
  async run(call) {
    const { options } = call;
    if (options['pre-checkpoint'] && options['with-previous']) {
      throw new ProaError('CONFLICTING_OPTIONS', 'conflicting options: --pre-checkpoint and --with-previous');
    }
    return forEachContainer(
      call,
      { exitCode: 125, suits: ({ status }) => status === 'running' },
      (engine, id): Promise<void> =>
        checkpointContainer(engine, id, {
          fileLocks: options['file-locks'],
          keep: options.keep,
          leaveRunning: options['leave-running'],
          preCheckpoint: options['pre-checkpoint'],
          tcpEstablished: options['tcp-established'],
          withPrevious: options['with-previous'],
        }),
    );
  },
});
