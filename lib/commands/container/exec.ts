import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { warmCgroupLock } from '../../engine/container/cgroup-lock.ts';
import { type ExecRequest, ExecSession } from '../../engine/container/exec.ts';
import type { Engine } from '../../engine/engine.ts';
import { latestContainer, resolveContainer } from '../../storage/containers.ts';
import { openEngine } from '../context.ts';
import { readCidFile } from './cidfile.ts';
import { latestOption } from './one-container.ts';
import { checkDescriptors, preserveFdsOption } from './options/descriptors.ts';
import { envOptions, readEnv } from './options/environment.ts';
import { handledLater, StreamSession } from './streams.ts';

export const command = defineCommand({
  names: ['exec', 'container exec'],
  summary: 'Execute a command in a running container',
  usage: '[OPTIONS] [CONTAINER] COMMAND [ARG...]',
  examples: ['exec web ls /', 'exec -it web sh', 'exec --latest env'],
  options: {
    detach: { short: 'd', type: 'bool', summary: 'Run in the background' },
    'detach-keys': { type: 'string', metavar: 'KEYS', summary: 'Key sequence that detaches' },
    ...envOptions,
    cidfile: {
      type: 'string',
      metavar: 'FILE',
      summary: 'The container whose id is in the file',
      complete: 'file',
    },
    interactive: { short: 'i', type: 'bool', summary: 'Keep stdin open' },
    latest: latestOption,
    ...preserveFdsOption,
    privileged: { type: 'bool', summary: 'Give the command extended privileges' },
    tty: { short: 't', type: 'bool', summary: 'Allocate a terminal' },
    user: { short: 'u', type: 'string', metavar: 'USER[:GROUP]', summary: 'User name or id to run as' },
    workdir: { short: 'w', type: 'string', metavar: 'PATH', summary: 'Working directory in the container' },
  },
  interspersed: false,
  args: { min: 1 },
  completeArgs: 'running',
  async run({ options, args }) {
    const engine = openEngine();
    warmCgroupLock(engine);
    const { id, words } = chooseContainer(engine, options, args);
    checkDescriptors(options['preserve-fds']);
    const request: ExecRequest = {
      args: words,
      env: readEnv(options),
      user: options.user,
      workingDir: options.workdir,
      tty: options.tty,
      stdin: options.interactive,
      privileged: options.privileged,
      preserveFds: options['preserve-fds'],
    };
    if (!options.detach) return execAttached(engine, id, request, options['detach-keys']);
    const session = await ExecSession.open(engine, id, request, false);
    await session.start();
    session.detach();
  },
});

/** By its name, by --latest, or by --cidfile: then all arguments are the command. */
function chooseContainer(
  engine: Engine,
  options: { latest: boolean; cidfile: string | undefined },
  args: readonly string[],
): { id: string; words: string[] } {
  const { latest, cidfile } = options;
  if (latest && cidfile !== undefined)
    throw new ProaError('CONFLICTING_OPTIONS', 'conflicting options: --latest and --cidfile');
  const named = !latest && cidfile === undefined;
  const words = named ? args.slice(1) : [...args];
  if (words.length === 0) {
    throw new ProaError('BAD_ARGUMENTS', `exec in container ${named ? args[0] : ''}: no command is given`, {
      hint: "See 'proa exec --help'",
    });
  }
  if (latest) return { id: latestContainer(engine.store), words };
  return {
    id: resolveContainer(engine.store, cidfile === undefined ? args[0]! : readCidFile(cidfile)),
    words,
  };
}

async function execAttached(
  engine: Engine,
  id: string,
  request: ExecRequest,
  detachKeys?: string,
): Promise<number> {
  await using exec = await ExecSession.open(engine, id, request, true);
  using streams = await StreamSession.open({
    folder: exec.folder,
    tty: request.tty,
    stdin: request.stdin,
    detachKeys,
  });
  const ended = handledLater(streams.run());
  await exec.start();
  if ((await ended) === 'detached') {
    exec.detach();
    return 0;
  }
  return await exec.exitCode();
}
