/** `exec`: one more process in a running container. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path/posix';
import { writeFile } from '../../core/atomic-file.ts';
import { ProaError } from '../../core/error.ts';
import { findProgram } from '../../core/programs.ts';
import { removeTree } from '../../core/sys/directory.ts';
import { span } from '../../core/trace.ts';
import { resolveCapabilities } from '../../oci/model/runtime-spec/capabilities.ts';
import type { Process, Spec } from '../../oci/model/runtime-spec/types.ts';
import { Conmon } from '../../oci/runtime/conmon.ts';
import { runtimeArgs, runtimeError } from '../../oci/runtime/runtime.ts';
import {
  bundlePath,
  type Container,
  type ContainerConfig,
  mergedPath,
  readContainer,
} from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { tellContainer } from '../events.ts';
import { containerUser } from './container-user.ts';
import { userDatabases } from './identity-files.ts';
import { containerRuntime } from './runtime.ts';
import { specHost } from './spec.ts';
import { isRunning } from './state.ts';
import { checkWorkingFolder } from './working-folder.ts';

/** Tells of an event of this session. */
type Teller = (action: string, attributes?: Readonly<Record<string, string>>) => void;

export interface ExecRequest {
  args: string[];
  /** NAME=VALUE, over the container's own. */
  env: string[];
  user?: string;
  workingDir?: string;
  tty: boolean;
  stdin: boolean;
  privileged: boolean;
  /** How many of our descriptors, from 3 on, the process gets. */
  preserveFds?: number;
}

/** A process that is being started in a container. */
export class ExecSession implements AsyncDisposable {
  /** Folder of the session's `attach` socket and `ctl` fifo. */
  readonly folder: string;
  private left = false;

  private constructor(
    private readonly conmon: Conmon,
    folder: string,
    private readonly attached: boolean,
    /** What is to be executed. */
    private readonly command: readonly string[],
    private readonly tell: Teller,
  ) {
    this.folder = folder;
  }

  /**
   * Prepares the process. Attached, it waits for `start` until someone listens.
   * @throws ProaError NOT_RUNNING, PAUSED, USER_NOT_FOUND
   */
  static async open(
    engine: Engine,
    id: string,
    request: ExecRequest,
    attached: boolean,
  ): Promise<ExecSession> {
    using _ = span('prepare exec');
    const container = runningContainer(engine, id);
    const { config, state } = container;
    if (engine.identity.rootless) await (await import('./user-scope.ts')).enterUserScope(engine);
    const bundle = bundlePath(engine.store, id);
    // Short: the attach socket's path has to fit into an address.
    const folder = `${bundle}/x${crypto.randomUUID().slice(0, 8)}`;
    mkdirSync(folder, { mode: 0o700 });
    try {
      writeFile(`${folder}/process.json`, JSON.stringify(execProcess(engine, container, request)), {
        mode: 0o600,
      });
      const runtime = containerRuntime(engine, config, state);
      const conmon = Conmon.spawn({
        conmon: findProgram('conmon'),
        runtime: runtime.path,
        runtimeArgs: runtimeArgs(runtime),
        id,
        name: config.name,
        bundle: folder,
        pidFile: `${folder}/pidfile`,
        conmonPidFile: `${folder}/conmon.pid`,
        exitDir: folder,
        persistDir: folder,
        logs: ['none'],
        terminal: request.tty,
        stdin: request.stdin,
        leaveStdinOpen: request.tty,
        exec: { processSpec: `${folder}/process.json`, attach: attached },
        exitCommand: attached ? undefined : execExitCommand(engine, id, folder),
        preserveFds: request.preserveFds,
        env: process.env,
      });
      const tell = teller(engine, config, folder);
      const session = new ExecSession(conmon, folder, attached, request.args, tell);
      tell(`exec_create: ${commandText(request.args)}`);
      conmon.release();
      if (attached) await conmon.attachReady();
      return session;
    } catch (error) {
      removeTree(folder);
      throw error;
    }
  }

  /** Starts the process. Resolves to its pid on the host. @throws ProaError COMMAND_NOT_FOUND, … */
  async start(): Promise<number> {
    using _ = span('runtime exec');
    if (this.attached) this.conmon.startAttached();
    try {
      const pid = await this.conmon.created();
      this.tell(`exec_start: ${commandText(this.command)}`);
      return pid;
    } catch (error) {
      if (error instanceof ProaError && error.code === 'RUNTIME_FAILED')
        throw runtimeError(error.message, 'exec', this.command[0]);
      throw error;
    }
  }

  /** Waits for the process's end. */
  async exitCode(): Promise<number> {
    const exitCode = await this.conmon.exitCode();
    this.tell('exec_die', { exitCode: String(exitCode) });
    return exitCode;
  }

  /** Lets go of the session of a detached process: conmon stays with it. */
  detach(): void {
    this.conmon[Symbol.dispose]();
    this.left = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.left) this.conmon[Symbol.dispose]();
    removeTree(this.folder);
  }
}

function teller({ store }: Engine, config: ContainerConfig, folder: string): Teller {
  return (action, attributes) =>
    tellContainer(store, config, action, { execID: basename(folder), ...attributes });
}

/** The command as Docker's events have it. */
export function commandText([program = '', ...args]: readonly string[]): string {
  return `${program} ${args.join(' ')}`;
}

/** What conmon runs when a detached process has ended. */
function execExitCommand({ self }: Engine, id: string, folder: string): string[] {
  return [...self, 'container', 'cleanup', '--exec', basename(folder), id];
}

/** Removes the session of a detached process that ended, and tells of its end; of one that could not be started too. */
export function cleanUpExec(engine: Engine, id: string, session: string): void {
  const folder = `${bundlePath(engine.store, id)}/${session}`;
  const exitFile = `${folder}/${id}`;
  const exitCode = existsSync(exitFile) ? readFileSync(exitFile, 'utf8') : undefined;
  removeTree(folder);
  const container = readContainer(engine.store, id);
  if (container === undefined || exitCode === undefined) return;
  teller(engine, container.config, folder)('exec_die', { exitCode });
}

function runningContainer(engine: Engine, id: string): Container {
  const container = readContainer(engine.store, id);
  if (container === undefined || !isRunning(container.state)) {
    const name = container?.config.name ?? id;
    throw new ProaError('NOT_RUNNING', `exec in container ${name}: it is not running`, {
      hint: `proa start ${name}`,
      exitCode: 1,
    });
  }
  if (container.state.status === 'paused') {
    throw new ProaError('PAUSED', `exec in container ${container.config.name}: it is paused`, {
      hint: `proa unpause ${container.config.name}`,
      exitCode: 1,
    });
  }
  return container;
}

/** The container's own process, as its bundle has it, with what the request changes. */
export function execProcess(engine: Engine, { config }: Container, request: ExecRequest): Process {
  const { store } = engine;
  const spec = JSON.parse(readFileSync(`${bundlePath(store, config.id)}/config.json`, 'utf8')) as Spec;
  const own = spec.process!;
  const root = config.rootfs ?? mergedPath(store, config.id);
  if (request.workingDir !== undefined) {
    checkWorkingFolder(request.workingDir);
    checkWorkingFolder(request.workingDir, root);
  }
  const user = request.user === undefined ? config.user : request.user;
  const { uid, gid, additionalGids, home } = containerUser(
    engine.identity,
    { ...config, user },
    userDatabases(config, root, bundlePath(store, config.id)),
  );
  const env = new Map(own.env?.map((entry) => [entry.split('=', 1)[0]!, entry]));
  if (request.user !== undefined) env.set('HOME', `HOME=${home}`);
  if (request.tty && !env.has('TERM')) env.set('TERM', 'TERM=xterm');
  for (const entry of request.env) {
    const name = entry.split('=', 1)[0]!;
    if (entry.includes('=')) env.set(name, entry);
    else env.delete(name);
  }
  return {
    ...own,
    terminal: request.tty,
    args: request.args,
    cwd: request.workingDir ?? own.cwd,
    env: [...env.values()],
    user: { ...own.user, uid, gid, additionalGids },
    capabilities: resolveCapabilities({
      add: config.capAdd,
      drop: config.capDrop,
      privileged: config.privileged || request.privileged,
      root: uid === 0,
      bounding: specHost(engine).bounding,
    }),
  };
}
