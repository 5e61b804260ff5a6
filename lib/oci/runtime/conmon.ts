/**
 * conmon stays beside one container (or one exec): it holds the container's streams, writes its log and its exit code,
 * and runs the exit command. It is driven by three pipes and a socket (shared/FACTS.md, "conmon"; conmon(8)).
 */
import { closeSync, read, readFileSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import { type ProcessHandle, processHandle } from '../../core/process-handle.ts';
import { close, pipe, tryWriteAll } from '../../core/sys/file.ts';

export interface ConmonOptions {
  /** Path of the conmon program. */
  conmon: string;
  /** Path of crun or runc. */
  runtime: string;
  /** Global options of the runtime, such as --root=DIR. */
  runtimeArgs: readonly string[];
  /** Container id. */
  id: string;
  name: string;
  /** Folder of config.json; conmon puts `attach`, `ctl` and `winsz` there. */
  bundle: string;
  pidFile: string;
  conmonPidFile: string;
  /** Folder where the exit code appears as a file named like the container. */
  exitDir: string;
  persistDir: string;
  /** DRIVER:PATH pairs, as conmon's --log-path takes them. */
  logs: readonly string[];
  /** A journal's entries carry it. */
  logTag?: string;
  /** The container has this process's own stdin, stdout and stderr; `logs` is `passthrough`. */
  passthrough?: boolean;
  terminal: boolean;
  stdin: boolean;
  /** Keep the container's stdin open when a client leaves, or ends its input. */
  leaveStdinOpen: boolean;
  /** Run by conmon after the container ended. */
  exitCommand?: readonly string[];
  /** The process to run inside a running container instead of creating one. */
  exec?: { processSpec: string; attach: boolean };
  /** Processes to bring back from a checkpoint instead of creating the container; `args` are the runtime's. */
  restore?: { path: string; args: readonly string[] } | undefined;
  env: Readonly<Record<string, string | undefined>>;
  /** How many of our descriptors, from 3 on, the process gets as they are. */
  preserveFds?: number;
  /** Seconds after which conmon kills the container. */
  timeout?: number;
  /** A service manager's socket, to which conmon passes on what the container tells BUNDLE/notify/notify.sock. */
  notifySocket?: string;
}

/** A conmon that was started and waits for the word to go on. */
export class Conmon implements Disposable {
  private constructor(
    private readonly start: number,
    private readonly sync: number,
    private readonly attach: number | undefined,
    private readonly child: Bun.Subprocess,
    private readonly pidFile: string,
  ) {}

  private buffered = '';
  private startOpen = true;
  private released = false;

  static spawn(options: ConmonOptions): Conmon {
    const start = pipe();
    const sync = pipe();
    const attach = options.exec?.attach ? pipe() : undefined;
    const kept = Array.from({ length: options.preserveFds ?? 0 }, (_, i) => 3 + i);
    const first = 3 + kept.length;
    const own = options.passthrough ? 'inherit' : 'ignore';
    let child: Bun.Subprocess;
    try {
      child = Bun.spawn([options.conmon, ...conmonArgs(options)], {
        // Conmon keeps its own, behind those to be preserved, from the container.
        // It marks an out-of-memory kill by a file in its current folder, and must not keep the user's busy.
        cwd: options.bundle,
        stdio: [own, own, own, ...kept, sync.write, start.read, ...(attach ? [attach.write] : [])],
        env: {
          ...options.env,
          _OCI_SYNCPIPE: String(first),
          _OCI_STARTPIPE: String(first + 1),
          ...(attach ? { _OCI_ATTACHPIPE: String(first + 2) } : {}),
        },
      });
      // It forks and its first process ends at once: nothing of it shall keep this event loop alive.
      child.unref();
    } catch (error) {
      for (const fd of [start.write, sync.read, ...(attach ? [attach.read] : [])]) close(fd);
      throw error;
    } finally {
      for (const fd of [start.read, sync.write, ...(attach ? [attach.write] : [])]) close(fd);
    }
    return new Conmon(start.write, sync.read, attach?.read, child, options.conmonPidFile);
  }

  /** Lets conmon go on: until now it has not forked nor called the runtime. */
  release(): void {
    this.released = true;
    tryWriteAll(this.start, Buffer.of(0));
    // An attached exec waits for a second word before it starts its process.
    if (this.attach === undefined) this.closeStart();
  }

  /** For an attached exec: waits until the attach socket accepts connections. The process is not started yet. */
  async attachReady(): Promise<void> {
    if (this.attach === undefined) return;
    await readSome(this.attach, Buffer.alloc(256));
  }

  /** For an attached exec: lets conmon start the process, once the client is attached. */
  startAttached(): void {
    tryWriteAll(this.start, Buffer.of(0));
    this.closeStart();
  }

  private closeStart(): void {
    if (this.startOpen) close(this.start);
    this.startOpen = false;
  }

  /**
   * Waits until the runtime has created the container (or started the exec's process).
   * @returns the process's pid on the host
   * @throws ProaError RUNTIME_FAILED with the runtime's own words
   */
  async created(): Promise<number> {
    const { data, message } = await this.nextMessage();
    if (data > 0) return data;
    throw new ProaError('RUNTIME_FAILED', message ?? `the runtime failed with code ${data}`);
  }

  /**
   * The conmon that stays. Its pid is written by the one that was started, as its last deed, while the other is at work
   * already: only its end says that the file is there.
   */
  async process(): Promise<ProcessHandle | undefined> {
    await this.child.exited;
    return processHandle(Number(readFileSync(this.pidFile, 'latin1')));
  }

  /** For an exec: the exit code of its process. @throws ProaError CONMON_FAILED when conmon ended without saying */
  async exitCode(): Promise<number> {
    const { data } = await this.nextMessage('exit_code');
    return data;
  }

  private async nextMessage(
    field: 'data' | 'exit_code' = 'data',
  ): Promise<{ data: number; message?: string }> {
    for (;;) {
      const newline = this.buffered.indexOf('\n');
      if (newline >= 0) {
        const line = this.buffered.slice(0, newline);
        this.buffered = this.buffered.slice(newline + 1);
        const parsed = JSON.parse(line) as Record<string, unknown>;
        const value = parsed[field] ?? parsed.data;
        return {
          data: Number(value),
          message: typeof parsed.message === 'string' ? parsed.message : undefined,
        };
      }
      const buffer = Buffer.alloc(16_384);
      const n = await readSome(this.sync, buffer);
      if (n === 0) throw new ProaError('CONMON_FAILED', 'conmon ended without an answer');
      this.buffered += buffer.toString('utf8', 0, n);
    }
  }

  [Symbol.dispose](): void {
    // It takes the pipe's end for the word to go on.
    if (!this.released) this.child.kill('SIGKILL');
    this.closeStart();
    closeSync(this.sync);
    if (this.attach !== undefined) close(this.attach);
  }
}

function conmonArgs(options: ConmonOptions): string[] {
  const args = ['--api-version', '1', '-c', options.id, '-u', options.id, '-r', options.runtime];
  for (const arg of options.runtimeArgs) args.push(`--runtime-arg=${arg}`);
  args.push('-b', options.bundle, '-p', options.pidFile, '-n', options.name);
  args.push('--exit-dir', options.exitDir, '--persist-dir', options.persistDir, '--full-attach');
  args.push('--conmon-pidfile', options.conmonPidFile, '--log-level', 'warning');
  // Waiting for the disk would hold up the container's end, and its output at each reopening. Docker does not either.
  args.push('--no-sync-log');
  for (const log of options.logs) args.push('-l', log);
  if (options.logTag !== undefined) args.push('--log-tag', options.logTag);
  if (options.terminal) args.push('-t');
  if (options.stdin) args.push('-i');
  if (options.leaveStdinOpen) args.push('--leave-stdin-open');
  if (options.timeout) args.push('--timeout', String(options.timeout));
  if (options.notifySocket !== undefined) args.push('--sdnotify-socket', options.notifySocket);
  if (options.preserveFds) {
    for (const word of ['--preserve-fds', String(options.preserveFds)]) args.push(`--runtime-opt=${word}`);
  }
  if (options.exec !== undefined) {
    args.push('-e', '--exec-process-spec', options.exec.processSpec);
    if (options.exec.attach) args.push('--exec-attach');
  }
  if (options.restore !== undefined) {
    args.push('--restore', options.restore.path);
    for (const arg of options.restore.args) args.push(`--runtime-opt=${arg}`);
  }
  if (options.exitCommand !== undefined) {
    const [program, ...rest] = options.exitCommand;
    args.push('--exit-command', program!);
    for (const arg of rest) args.push('--exit-command-arg', arg);
  }
  return args;
}

/** One read(2) in a pool thread: these pipes answer within milliseconds, and the event loop goes on meanwhile. */
function readSome(fd: number, buffer: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, buffer.length, null, (error, n) => (error ? reject(error) : resolve(n)));
  });
}
