/** A container's log as a stream of records: what is there, and with `follow` what comes until its last run ended. */
import { existsSync, statSync } from 'node:fs';
import { isAlive } from '../../core/process-handle.ts';
import {
  bundlePath,
  type ContainerState,
  containerPath,
  exitFilePath,
  readContainer,
} from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import type { LogRecord, Time } from './log-record.ts';
import { restartPause, shouldRestart } from './restart-policy.ts';
import { isRunning } from './state.ts';

export interface LogBounds {
  /** Records before are left out. */
  since: Time | undefined;
  /** Ends with the first record after. */
  until: Time | undefined;
  /** So many lines from the end; all when left out. */
  tail: number | undefined;
  follow: boolean;
}

export interface LogSource extends Disposable {
  /** Valid after {@link next} was true, until the next call. */
  readonly record: LogRecord;
  /** Files that change when there is more. */
  readonly files: readonly string[];
  /** Records that rotation took away before they were read: said once. */
  takeLost(): boolean;
  /** Goes to the next record. False: there is none at the moment, or, when {@link isDone}, none will come. */
  next(): boolean | Promise<boolean>;
  /** True after a record past `until`. */
  readonly isDone: boolean;
  /** To be called when something changed: true when nothing more will be written, so that the next look is the last. */
  hasEnded(): boolean;
  /** After {@link hasEnded}: what is still on its way to the log. */
  finish?(): Promise<void>;
}

/**
 * True while the last of an `on-failure:N` policy's tries may be about to start: it is counted before it is made, and then
 * the record looks as it will when that try has failed too.
 */
function isLastTry(store: Store, id: string, { restartCount }: ContainerState): boolean {
  if (restartCount === 0) return false;
  if (existsSync(bundlePath(store, id))) return true;
  const written = statSync(`${containerPath(store, id)}/state.json`, { throwIfNoEntry: false });
  return written !== undefined && Date.now() - written.mtimeMs < 500;
}

/** Milliseconds beyond its pause after which a restart that was due has been forgotten, as when its process was killed. */
const RESTART_PATIENCE = 10_000;

/**
 * True when nothing more will be written: the last run was cleaned up, or conmon wrote its last, or is gone. A container
 * that never ran may still do so, and one that its policy restarts goes on.
 */
export function hasEnded(store: Store, id: string): boolean {
  const container = readContainer(store, id);
  if (container === undefined) return true;
  const { config, state } = container;
  if (state.status === 'created') return false;
  if (state.status === 'exited') {
    if (!shouldRestart(config.restart, state)) {
      return config.restart.name !== 'on-failure' || !isLastTry(store, id, state);
    }
    return Date.now() > Date.parse(state.finishedAt ?? '') + restartPause(state) + RESTART_PATIENCE;
  }
  if (isRunning(state)) return false;
  // The clean-up's record tells whether it is restarted.
  if (config.restart.name !== 'no' && isAlive(state.conmon)) return false;
  // conmon empties the container's pipes into the log before it writes the exit file.
  const exit = statSync(exitFilePath(store, id), { throwIfNoEntry: false });
  return (exit !== undefined && exit.size > 0) || !isAlive(state.conmon);
}
