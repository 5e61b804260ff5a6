/**
 * Rotation (`max-size`, `max-file`). conmon's own --log-size-max replaces the file and with it all lines that were in it,
 * so conmon gets no limit. It is told to reopen its file instead, after that got a second name, PATH.1: until it has done
 * so it writes to the old file, and no line is between the two.
 *
 * Somebody has to look at the sizes. One shell for all containers of a store does that each second (0.8 MB, three short
 * processes a second; five times as often while logs fill), started with the first container that has a limit, gone with
 * the last. A file therefore grows beyond its limit by what is written in that time; and should the shell be killed, logs
 * grow until the next start of such a container brings it back.
 */
import { spawn } from 'node:child_process';
import { existsSync, fstatSync, lstatSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { hasCode } from '../../core/error.ts';
import { giveOwnScope, isInService } from '../../core/own-scope.ts';
import { isAlive } from '../../core/process-handle.ts';
import { AT_FDCWD, close, O, tryLinkAt, tryOpenAt, tryWriteAll } from '../../core/sys/file.ts';
import { LOCK_EX, LOCK_NB, tryFlock } from '../../core/sys/flock.ts';
import { bundlePath, type ContainerConfig, readContainer } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { type LogLimit, logFile, logLimit } from './log-driver.ts';
import { conmonOf } from './run-state.ts';

/** Milliseconds that conmon may take to reopen its file. */
const PATIENCE = 2_000;

/** conmon's control message: reopen the log. */
const REOPEN = Buffer.from('2 0 0\n');

/**
 * $1 RUNROOT, $2 the lock file that its descriptor 3 holds, then the command that rotates. Marks are links in the bundles,
 * `log-limit.BYTES`, to logs. Who adds a mark and finds the lock taken relies on us: so we give up the lock first, then
 * look once more, then end.
 */
const WATCH = `run=$1 lock=$2 pause=1; shift 2
while sleep $pause || sleep 1; do
  pause=1
  stat -L -c '%s %n' "$run"/containers/*/log-limit.* 2>/dev/null | {
    found=1
    while read -r size mark; do
      [ $found = 2 ] || found=0
      [ "$size" -lt "\${mark##*.}" ] || { found=2 id=\${mark%/*}; "$@" "\${id##*/}"; }
    done
    exit $found
  }
  case $? in
    0) continue ;;
    2) pause=0.2; continue ;;
  esac
  rm -f "$lock"
  for mark in "$run"/containers/*/log-limit.*; do [ -L "$mark" ] && continue 2; done
  exit 0
done`;

/** Sees to a container's limit before its conmon opens the log: its bundle is there, and its lock is the caller's. */
export function limitLog(engine: Engine, config: ContainerConfig): void {
  const { store } = engine;
  const limit = logLimit(config);
  const file = logFile(store, config);
  if (limit === undefined || file === undefined) return;
  beginAnew(file, limit);
  symlinkSync(file, `${bundlePath(store, config.id)}/log-limit.${limit.size}`);
  watchLogs(engine);
}

/** Starts the shell that watches the sizes, unless it runs. */
function watchLogs({ store, self, identity }: Engine): void {
  const lock = `${store.runRoot}/log-watch.lock`;
  const fd = tryOpenAt(AT_FDCWD, lock, O.RDWR | O.CREAT, 0o600);
  if (fd < 0) return;
  try {
    if (tryFlock(fd, LOCK_EX | LOCK_NB) < 0) return;
    const command = [...self, 'container', 'rotate'];
    const args = ['-c', WATCH, 'proa-log-watch', store.runRoot, lock, ...command];
    // The shell inherits the open file and with it the lock.
    const child = spawn('/bin/sh', args, {
      detached: true,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'ignore', fd],
    });
    child.unref();
    if (isInService() && child.pid !== undefined)
      giveOwnScope({ pid: child.pid, name: 'log-watch', rootless: identity.rootless });
  } finally {
    close(fd);
  }
}

/** Rotates the log of a running container when it has reached its limit. `id` is a full id. */
export async function rotateLog({ store }: Engine, id: string): Promise<void> {
  const config = readContainer(store, id)?.config;
  if (config === undefined) return;
  const limit = logLimit(config);
  const file = logFile(store, config);
  if (limit === undefined || file === undefined) return;
  using log = FullLog.lock(file, limit, LOCK_EX | LOCK_NB);
  const conmon = conmonOf(store, id);
  if (log === undefined || conmon === undefined) return;
  const control = `${bundlePath(store, id)}/ctl`;
  const fifo = tryOpenAt(AT_FDCWD, control, O.WRONLY | O.NONBLOCK);
  if (fifo < 0) return; // nobody reads it: the run is over
  try {
    setAside(file, limit);
    tryWriteAll(fifo, REOPEN);
  } finally {
    close(fifo);
  }
  const end = performance.now() + PATIENCE;
  // A conmon at its end becomes its exit command, which takes the bundle away.
  while (log.hasName() && isAlive(conmon) && existsSync(control) && performance.now() < end)
    await Bun.sleep(1);
}

/** The same while nobody writes: the next run begins a new file. */
function beginAnew(file: string, limit: LogLimit): void {
  // A rotation that is under way ends its wait as soon as its run is over.
  using log = FullLog.lock(file, limit, LOCK_EX);
  if (log === undefined) return;
  setAside(file, limit);
  rmSync(file, { force: true });
}

/** A log that has reached its limit, locked against other rotations. The lock is the file's own. */
class FullLog implements Disposable {
  private constructor(
    private readonly file: string,
    private readonly fd: number,
    private readonly inode: number,
  ) {}

  /** Undefined when the log is not full, or (with LOCK_NB) somebody else is about to rotate it. */
  static lock(file: string, limit: LogLimit, how: number): FullLog | undefined {
    const fd = tryOpenAt(AT_FDCWD, file, O.RDONLY);
    if (fd < 0) return undefined; // nothing was written yet
    const locked = tryFlock(fd, how) === 0;
    const { size, ino } = fstatSync(fd);
    const log = new FullLog(file, fd, ino);
    // While we waited, it may have become PATH.1.
    if (locked && size >= limit.size && log.hasName()) return log;
    log[Symbol.dispose]();
    return undefined;
  }

  /** False once conmon has reopened: then the name is another file's. */
  hasName(): boolean {
    return inodeOf(this.file) === this.inode;
  }

  [Symbol.dispose](): void {
    close(this.fd);
  }
}

/** PATH gets a second name, PATH.1, and the others move up. The highest goes. */
function setAside(file: string, { files }: LogLimit): void {
  // conmon was told before and has not come to it.
  if (files === 1 || inodeOf(file) === inodeOf(`${file}.1`)) return;
  for (let i = files - 1; i > 1; i--) {
    try {
      renameSync(`${file}.${i - 1}`, `${file}.${i}`);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
  const made = `${file}.1.new`;
  rmSync(made, { force: true });
  // Where the file system has no such links, the name is gone until conmon reopens, and no line with it.
  if (tryLinkAt(AT_FDCWD, file, AT_FDCWD, made) < 0) renameSync(file, made);
  renameSync(made, `${file}.1`);
}

function inodeOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino;
}
