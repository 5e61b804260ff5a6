/**
 * One user namespace per user, in which all of the user's containers and their mounts live. A pause process holds it
 * open together with a mount namespace, so mounts outlive the command that made them; RUNROOT/pause.pid says which
 * process that is. Joining it replaces this process: setns(2) into a user namespace is refused to a process with
 * threads, so nsenter(1), which has one, joins and starts us again.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { addContext, hasCode, ProaError } from '../core/error.ts';
import { isAlive, type ProcessHandle, signalProcess } from '../core/process-handle.ts';
import { findProgram } from '../core/programs.ts';
import { sysError } from '../core/sys/libc.ts';
import { execve } from '../core/sys/process.ts';

/** Set for the second start: which folder was the current one. Its presence also stops a second attempt to join. */
const CWD_VARIABLE = '_PROA_USERNS_CWD';

export interface UserNamespacePaths {
  /** The folder of this user that a reboot empties, `$XDG_RUNTIME_DIR/proa`. */
  runRoot: string;
}

/**
 * Makes sure that this process is root in the user's namespace. Returns at once for root and when it is; otherwise
 * replaces the process, and `self` starts from the beginning in there, with the same environment, descriptors and
 * current folder.
 * @param self the command line that starts this same command: program and arguments
 * @throws ProaError USERNS_* when the kernel or the installation does not allow it, with the cure as hint
 */
export async function ensureUserNamespace(paths: UserNamespacePaths, self: readonly string[]): Promise<void> {
  if (process.geteuid!() === 0) {
    restoreCurrentFolder();
    return;
  }
  if (process.env[CWD_VARIABLE] !== undefined) {
    throw new ProaError(
      'USERNS_FAILED',
      'join user namespace: nsenter did not make this process root in it',
      {
        hint: 'proa system migrate',
      },
    );
  }
  const pause = findPauseProcess(paths) ?? (await createPauseProcess(paths));
  join(pause, self);
}

/** The process that holds the user's namespace open; undefined when there is none. Two small reads. */
export function findPauseProcess({ runRoot }: UserNamespacePaths): ProcessHandle | undefined {
  let text: string;
  try {
    text = readFileSync(pauseFile(runRoot), 'latin1');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw addContext(error, 'find user namespace');
  }
  const [pid = 0, startTime = 0] = text.split(' ').map(Number);
  return isAlive({ pid, startTime }) ? { pid, startTime } : undefined;
}

/**
 * Ends the pause process. Mounts and namespaces go with the last process in them, so containers are stopped before.
 * Returns false when there was none.
 */
export function stopUserNamespace(paths: UserNamespacePaths): boolean {
  const pause = findPauseProcess(paths);
  // The file goes first: whoever starts now makes a new namespace instead of joining one that is about to end.
  rmSync(pauseFile(paths.runRoot), { force: true });
  return pause !== undefined && signalProcess(pause, 9);
}

/** Where the pause process is written down: `PID STARTTIME`. */
export function pauseFile(runRoot: string): string {
  return `${runRoot}/pause.pid`;
}

async function createPauseProcess(paths: UserNamespacePaths): Promise<ProcessHandle> {
  try {
    mkdirSync(paths.runRoot, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw addContext(error, 'create user namespace');
  }
  // Only the first command after a boot comes here, so what creating takes is loaded only then.
  const [{ lock }, { startPauseProcess, findOrphan }, { writeFileAtomic }, { giveOwnScope }] =
    await Promise.all([
      import('../core/lock.ts'),
      import('./pause-process.ts'),
      import('../core/atomic-file.ts'),
      import('../core/own-scope.ts'),
    ]);
  // Commands that start together wait here for the first of them and then use its namespace.
  using _held = await lock(paths.runRoot);
  const other = findPauseProcess(paths);
  if (other !== undefined) return other;
  const orphan = findOrphan(paths);
  const pause = orphan ?? (await startPauseProcess());
  // Whatever began it, it is there for all that the user does until the next boot.
  if (orphan === undefined) giveOwnScope({ pid: pause.pid, name: 'pause', rootless: true });
  try {
    writeFileAtomic(pauseFile(paths.runRoot), `${pause.pid} ${pause.startTime}`, { mode: 0o600 });
  } catch (error) {
    if (orphan === undefined) signalProcess(pause, 9);
    throw error;
  }
  return pause;
}

function join(pause: ProcessHandle, self: readonly string[]): never {
  const nsenter = findProgram('nsenter');
  const argv = [
    'nsenter',
    '--user',
    '--mount',
    '--preserve-credentials',
    `--target=${pause.pid}`,
    '--',
    ...self,
  ];
  // Entering a mount namespace leads to its root folder; the second start goes back by the path.
  const result = execve(nsenter, argv, { ...process.env, [CWD_VARIABLE]: currentFolder() });
  throw sysError(-result, 'run', nsenter);
}

function currentFolder(): string {
  try {
    return process.cwd();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '/'; // deleted under our feet: getcwd(2)
    throw error;
  }
}

function restoreCurrentFolder(): void {
  const folder = process.env[CWD_VARIABLE];
  if (folder === undefined) return;
  delete process.env[CWD_VARIABLE];
  try {
    process.chdir(folder);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'EACCES')) throw error;
    // The folder is gone, or only the host's root can see it: as good as none, and the command may not need one.
  }
}
