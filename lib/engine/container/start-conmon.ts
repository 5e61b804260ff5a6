/** A container's conmon, from its own start to the word that the container is made. */
import { writeFile } from '../../core/atomic-file.ts';
import { ProaError } from '../../core/error.ts';
import { findProgram } from '../../core/programs.ts';
import { isTerminal } from '../../core/sys/tty.ts';
import { span } from '../../core/trace.ts';
import { Conmon, type ConmonOptions } from '../../oci/runtime/conmon.ts';
import { runtimeArgs, runtimeError } from '../../oci/runtime/runtime.ts';
import { bundlePath, type ContainerConfig } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { exitCommand } from './exit-command.ts';
import { conmonLog, logConfig } from './log-driver.ts';
import type { containerRuntime } from './runtime.ts';

export function spawnConmon(
  engine: Engine,
  config: ContainerConfig,
  runtime: ReturnType<typeof containerRuntime>,
  passed: Pick<ConmonOptions, 'preserveFds' | 'notifySocket' | 'restore'>,
): Conmon {
  using _ = span('spawn conmon');
  const { store } = engine;
  const bundle = bundlePath(store, config.id);
  const passthrough = logConfig(config).driver === 'passthrough';
  if (passthrough && [0, 1, 2].some(isTerminal)) {
    // It could type into it (ioctl_tty(2), TIOCSTI).
    const what = `start container ${config.name}: log driver passthrough: not from a terminal`;
    throw new ProaError('PASSTHROUGH_TERMINAL', what, { hint: 'Redirect its input, output and errors' });
  }
  return Conmon.spawn({
    conmon: findProgram('conmon'),
    runtime: runtime.path,
    runtimeArgs: runtimeArgs(runtime),
    id: config.id,
    name: config.name,
    bundle,
    pidFile: `${bundle}/pidfile`,
    conmonPidFile: `${bundle}/conmon.pid`,
    exitDir: `${store.runRoot}/exits`,
    persistDir: bundle,
    ...conmonLog(store, config),
    passthrough,
    terminal: config.tty,
    stdin: config.openStdin,
    // Who detaches from a terminal comes back to it.
    leaveStdinOpen: config.tty || !config.stdinOnce,
    exitCommand: exitCommand(engine, config.id),
    timeout: config.timeout,
    ...passed,
    env: process.env,
  });
}

/**
 * The pid of its first process.
 * @param root the container's mounted root
 * @throws ProaError COMMAND_NOT_FOUND, COMMAND_NOT_EXECUTABLE, RUNTIME_FAILED
 */
export async function createdPid(
  engine: Engine,
  conmon: Conmon,
  config: ContainerConfig,
  root: string,
): Promise<number> {
  using _ = span('runtime create');
  try {
    return await conmon.created();
  } catch (error) {
    if (!(error instanceof ProaError) || error.code !== 'RUNTIME_FAILED') throw error;
    const failed = runtimeError(
      error.message,
      'create container',
      [...config.entrypoint, ...config.command][0],
    );
    const { explainDenial } = await import('./access-advice.ts');
    throw explainDenial(engine, config, root, failed);
  }
}

/** Where others look for the processes. They stay when the container has ended, as Podman leaves them. */
export function writePidFiles(
  { pidFile, conmonPidFile }: ContainerConfig,
  pid: number,
  conmon: number | undefined,
): void {
  if (pidFile !== undefined) writeFile(pidFile, String(pid), { mode: 0o644 });
  if (conmonPidFile !== undefined && conmon !== undefined)
    writeFile(conmonPidFile, String(conmon), { mode: 0o644 });
}
