import { readFileSync } from 'node:fs';
import { defineCommand } from '../../cli/command.ts';
import { messageOf, ProaError } from '../../core/error.ts';
import { warmCgroupLock } from '../../engine/container/cgroup-lock.ts';
import { type ExecRequest, ExecSession } from '../../engine/container/exec.ts';
import type { Engine } from '../../engine/engine.ts';
import { parseEnvFile, parseEnvOption } from '../../oci/model/runtime-spec/env.ts';
import { resolveContainer } from '../../storage/containers.ts';
import { openEngine } from '../context.ts';
import { handledLater, StreamSession } from './streams.ts';

export const command = defineCommand({
  names: ['exec', 'container exec'],
  summary: 'Execute a command in a running container',
  usage: '[OPTIONS] CONTAINER COMMAND [ARG...]',
  options: {
    detach: { short: 'd', type: 'bool', summary: 'Run in the background' },
    'detach-keys': { type: 'string', metavar: 'KEYS', summary: 'Key sequence that detaches' },
    env: { short: 'e', type: 'list', metavar: 'NAME=VALUE', summary: 'Set environment variables' },
    'env-file': {
      type: 'list',
      metavar: 'FILE',
      summary: 'Read environment variables from a file',
      complete: 'file',
    },
    interactive: { short: 'i', type: 'bool', summary: 'Keep stdin open' },
    privileged: { type: 'bool', summary: 'Give the command extended privileges' },
    tty: { short: 't', type: 'bool', summary: 'Allocate a terminal' },
    user: { short: 'u', type: 'string', metavar: 'USER[:GROUP]', summary: 'User name or id to run as' },
    workdir: { short: 'w', type: 'string', metavar: 'PATH', summary: 'Working directory in the container' },
  },
  interspersed: false,
  args: { min: 2 },
  completeArgs: 'running',
  async run({ options, args }) {
    const engine = openEngine();
    warmCgroupLock(engine);
    const [name, ...words] = args;
    const id = resolveContainer(engine.store, name!);
    const files = options['env-file'].flatMap((file) => parseEnvFile(readEnvFile(file), file, process.env));
    const request: ExecRequest = {
      args: words,
      env: [...files, ...options.env.map((entry) => parseEnvOption(entry, process.env))],
      user: options.user,
      workingDir: options.workdir,
      tty: options.tty,
      stdin: options.interactive,
      privileged: options.privileged,
    };
    if (!options.detach) return execAttached(engine, id, request, options['detach-keys']);
    const session = await ExecSession.open(engine, id, request, false);
    await session.start();
    session.detach();
  },
});

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

function readEnvFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ProaError('ENV_FILE', `read env file ${file}: ${messageOf(error)}`, { cause: error });
  }
}
