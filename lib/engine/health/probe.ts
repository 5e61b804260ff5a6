/** One run of a health check's command in the container. */
import { mkdirSync, readFileSync } from 'node:fs';
import { writeFile } from '../../core/atomic-file.ts';
import { hasCode } from '../../core/error.ts';
import { removeTree } from '../../core/sys/directory.ts';
import { tryKill } from '../../core/sys/process.ts';
import { runtimeArgs } from '../../oci/runtime/runtime.ts';
import { bundlePath, type Container } from '../../storage/containers.ts';
import type { HealthLogEntry } from '../../storage/health.ts';
import { commandText, execProcess } from '../container/exec.ts';
import { containerRuntime } from '../container/runtime.ts';
import type { Engine } from '../engine.ts';
import { tellContainer } from '../events.ts';
import type { CheckSettings } from './settings.ts';

const SIGKILL = 9;

/** How long output may still come when the process has ended (milliseconds): a child of it may hold the pipe for ever. */
const OUTPUT_PATIENCE = 100;

/**
 * Runs the command as the container's user. The runtime alone does it, without a conmon: somebody waits here for its end.
 * @param maxOutput bytes of output that are kept; 0 keeps all
 */
export async function probe(
  engine: Engine,
  container: Container,
  { args, timeout }: Pick<CheckSettings, 'args' | 'timeout'>,
  maxOutput: number,
): Promise<HealthLogEntry> {
  const { config, state } = container;
  const execID = crypto.randomUUID().replaceAll('-', '').slice(0, 8);
  const folder = `${bundlePath(engine.store, config.id)}/h${execID}`;
  const tell = (action: string, attributes = {}): void =>
    tellContainer(engine.store, config, action, { execID, ...attributes });
  mkdirSync(folder, { mode: 0o700 });
  using _ = { [Symbol.dispose]: () => removeTree(folder) };
  const request = { args, env: [], tty: false, stdin: false, privileged: false };
  writeFile(`${folder}/process.json`, JSON.stringify(execProcess(engine, container, request)), {
    mode: 0o600,
  });
  const runtime = containerRuntime(engine, config, state);
  if (engine.identity.rootless) await (await import('../container/user-scope.ts')).enterUserScope(engine);
  const start = new Date();
  tell(`exec_create: ${commandText(args)}`);
  const child = Bun.spawn(
    [
      runtime.path,
      ...runtimeArgs(runtime),
      'exec',
      `--process=${folder}/process.json`,
      `--pid-file=${folder}/pidfile`,
      config.id,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: process.env },
  );
  tell(`exec_start: ${commandText(args)}`);
  let late = false;
  const alarm = setTimeout(() => {
    late = true;
    killProbe(`${folder}/pidfile`);
    child.kill('SIGKILL');
  }, timeout);
  const output = new Output(maxOutput);
  const read = Promise.all([output.take(child.stdout), output.take(child.stderr)]);
  const exitCode = await child.exited;
  clearTimeout(alarm);
  if (!late) await Promise.race([read, Bun.sleep(OUTPUT_PATIENCE)]);
  tell('exec_die', { exitCode: String(exitCode) });
  return {
    Start: start.toISOString(),
    End: new Date().toISOString(),
    ExitCode: late ? -1 : exitCode,
    Output: late ? `Health check exceeded timeout (${goDuration(timeout)})` : output.text,
  };
}

/** The runtime starts it in a session of its own, so that its process group is all that it started. */
function killProbe(pidFile: string): void {
  let pid: number;
  try {
    pid = Number(readFileSync(pidFile, 'utf8'));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return; // it was not started yet, and now will not be
    throw error;
  }
  if (pid > 1 && tryKill(-pid, SIGKILL) < 0) tryKill(pid, SIGKILL);
}

/** Both streams in the order in which they came, up to a limit. */
class Output {
  private readonly chunks: Uint8Array[] = [];
  private size = 0;

  constructor(private readonly limit: number) {}

  async take(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const chunk of stream) {
      if (this.limit === 0 || this.size < this.limit) this.chunks.push(chunk);
      this.size += chunk.length;
    }
  }

  get text(): string {
    const all = Buffer.concat(this.chunks);
    return this.limit === 0 || this.size <= this.limit
      ? all.toString()
      : `${all.toString('utf8', 0, this.limit)}...`;
  }
}

/** As Go prints a duration: `1s`, `1m30s`, `500ms`. */
function goDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds}ms`;
  const seconds = milliseconds / 1000;
  const [hours, minutes] = [Math.trunc(seconds / 3600), Math.trunc(seconds / 60) % 60];
  const rest = `${Number((seconds % 60).toFixed(3))}s`;
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${rest}`;
}
