/** The OCI runtime's own verbs (crun(1), runc(8)) but `create`, which conmon calls. */
import { ProaError } from '../../core/error.ts';

export interface RuntimeProgram {
  /** Path of crun or runc. */
  path: string;
  /** Where the runtime keeps its state, below RUNROOT, so that a reboot forgets it. */
  root: string;
  /** Further global options (--cgroup-manager=…). */
  args?: readonly string[];
}

/** The global options for conmon's --runtime-arg. */
export function runtimeArgs(runtime: RuntimeProgram): string[] {
  return [`--root=${runtime.root}`, ...(runtime.args ?? [])];
}

/** Starts the created container's process. */
export function runtimeStart(runtime: RuntimeProgram, id: string): Promise<void> {
  return call(runtime, ['start', id]);
}

/** Removes the runtime's state and the container's cgroup; kills what still runs. Absent is fine. */
export async function runtimeDelete(runtime: RuntimeProgram, id: string): Promise<void> {
  await call(runtime, ['delete', '--force', id]);
}

/** Sends a signal by number to the container's first process (or to all, when `all`). */
export function runtimeKill(runtime: RuntimeProgram, id: string, signal: number, all = false): Promise<void> {
  return call(runtime, ['kill', ...(all ? ['--all'] : []), id, String(signal)]);
}

export function runtimePause(runtime: RuntimeProgram, id: string): Promise<void> {
  return call(runtime, ['pause', id]);
}

export function runtimeResume(runtime: RuntimeProgram, id: string): Promise<void> {
  return call(runtime, ['resume', id]);
}

/** Changes the limits of a container's cgroup. @param file `linux.resources` as JSON */
export function runtimeUpdate(runtime: RuntimeProgram, id: string, file: string): Promise<void> {
  return call(runtime, ['update', '--resources', file, id]);
}

/** Has criu write a container's processes to disk. @param args runc-checkpoint(8); crun takes the same */
export function runtimeCheckpoint(
  runtime: RuntimeProgram,
  id: string,
  args: readonly string[],
): Promise<void> {
  return call(runtime, ['checkpoint', ...args, id]);
}

/** The line of crun's --version that says what it was built with: `+SECCOMP +CRIU +YAJL`. */
export async function runtimeFeatures(runtime: RuntimeProgram): Promise<string[]> {
  const child = Bun.spawn([runtime.path, '--version'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const text = await new Response(child.stdout).text();
  await child.exited;
  return text.split(/\s+/).filter((word) => word.startsWith('+'));
}

async function call(runtime: RuntimeProgram, args: readonly string[]): Promise<void> {
  const child = Bun.spawn([runtime.path, ...runtimeArgs(runtime), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: process.env,
  });
  const code = await child.exited;
  if (code === 0) return;
  const words = (await new Response(child.stderr).text()).trim();
  throw runtimeError(words || `exit code ${code}`, `${args[0]} container`);
}

/**
 * The runtime's complaint as an error of ours, with the exit code that docker-run(1) promises: 127 when the command
 * was not found, 126 when it cannot be executed, 125 otherwise.
 * @param command what was to be executed: crun does not always say it
 */
export function runtimeError(words: string, step: string, command?: string): ProaError {
  const text = plainWords(words).replace(/^open executable:/, `execute ${command ?? 'command'}:`);
  const notFound =
    /executable file .*not found|no such file or directory.*exec|exec.*no such file or directory/i;
  if (notFound.test(text)) {
    return new ProaError('COMMAND_NOT_FOUND', `${step}: ${text}`, {
      exitCode: 127,
      hint: 'The command is looked up inside the container: check its spelling and the PATH there',
    });
  }
  // A folder is "not permitted" to crun.
  if (/permission denied|exec format error|is a directory|^execute .*operation not permitted/i.test(text)) {
    return new ProaError('COMMAND_NOT_EXECUTABLE', `${step}: ${text}`, {
      exitCode: 126,
      hint: /exec format/i.test(text)
        ? 'The program is built for another architecture, or is a script without #! line'
        : 'The command must be a file with execute permission inside the container',
    });
  }
  return new ProaError('RUNTIME_FAILED', `${step}: ${text}`);
}

/** crun and runc wrap their message in a log line of their own. */
function plainWords(words: string): string {
  const lines = words.split('\n').map((line) => {
    const runc = /msg="((?:[^"\\]|\\.)*)"/.exec(line);
    if (runc) return runc[1]!.replace(/\\"/g, '"');
    if (line.startsWith('{')) {
      try {
        return String((JSON.parse(line) as { msg?: string }).msg ?? line);
      } catch {
        // Not JSON after all: shown as it is.
        return line;
      }
    }
    return line.replace(/^\d{4}-\d\d-\d\dT\S+: /, '');
  });
  return lines.filter((line) => line.trim() !== '').join('; ');
}
