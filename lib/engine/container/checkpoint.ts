/**
 * `checkpoint` and `restore`: criu, called by the OCI runtime, writes a container's processes to disk and brings them
 * back (criu(8), runc-checkpoint(8)). The pages are in ROOT/containers/ID/checkpoint, beside the files that belong to
 * them; a restore in another boot finds both.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import { waitForExit } from '../../core/process-handle.ts';
import { tryFindProgram } from '../../core/programs.ts';
import { removeTree } from '../../core/sys/directory.ts';
import { runtimeCheckpoint, runtimeFeatures } from '../../oci/runtime/runtime.ts';
import {
  type Container,
  containerPath,
  lockContainer,
  readContainer,
  writeState,
} from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { cleanUpLocked } from './cleanup.ts';
import { containerRuntime } from './runtime.ts';
import { startLocked } from './start.ts';
import { hasLivingProcess, isRunning } from './state.ts';

export interface CheckpointOptions {
  /** It goes on afterwards. */
  leaveRunning?: boolean;
  tcpEstablished?: boolean;
  fileLocks?: boolean;
  /** criu's logs and statistics stay. */
  keep?: boolean;
  /** Only its memory, while it goes on: the checkpoint that follows then has less to write. */
  preCheckpoint?: boolean;
  /** Writes what changed since the pre-checkpoint. */
  withPrevious?: boolean;
  /** The folder of the pages, by default the container's own for the latest checkpoint. */
  path?: string;
}

export type RestoreOptions = Pick<CheckpointOptions, 'tcpEstablished' | 'fileLocks' | 'keep' | 'path'>;

/** How long a process that was written to disk may take to end (milliseconds). */
const END_PATIENCE = 10_000;

/** What criu leaves beside the images. */
const REPORTS = ['dump.log', 'stats-dump', 'restore.log', 'stats-restore'];

/**
 * A checkpoint that fails leaves the container running and an earlier checkpoint as it was.
 * @throws ProaError NOT_RUNNING, AUTO_REMOVE, CRIU_MISSING, NO_PREVIOUS, RUNTIME_FAILED with criu's words
 */
export async function checkpointContainer(
  engine: Engine,
  id: string,
  options: CheckpointOptions = {},
): Promise<void> {
  const { store } = engine;
  using _ = await lockContainer(store, id);
  const container = readContainer(store, id);
  const name = container?.config.name ?? id.slice(0, 12);
  if (container === undefined || !isRunning(container.state) || container.state.status === 'paused') {
    throw new ProaError('NOT_RUNNING', `checkpoint container ${name}: it is not running`);
  }
  const goesOn = options.leaveRunning || options.preCheckpoint || false;
  if (container.config.autoRemove && !goesOn) {
    throw new ProaError(
      'AUTO_REMOVE',
      `checkpoint container ${name}: with --rm its checkpoint would go with it`,
      {
        hint: 'Use --leave-running',
      },
    );
  }
  await requireCriu(engine, container, 'checkpoint');
  const own = `${containerPath(store, id)}/${options.preCheckpoint ? 'pre-checkpoint' : 'checkpoint'}`;
  const place = options.path ?? own;
  const fresh = `${place}.new`;
  removeTree(fresh);
  mkdirSync(fresh, { mode: 0o700 });
  const args = [`--image-path=${fresh}`, `--work-path=${fresh}`];
  if (goesOn) args.push('--leave-running');
  if (options.preCheckpoint) args.push('--pre-dump');
  if (options.withPrevious) args.push(`--parent-path=${previousOf(store.root, id, name)}`);
  args.push(...criuArguments(options));
  // Else its restart policy would take its end for one of its own.
  if (!goesOn) writeState(store, id, { ...container.state, stopRequested: true });
  try {
    await runtimeCheckpoint(containerRuntime(engine, container.config, container.state), id, args);
  } catch (error) {
    writeState(store, id, container.state);
    throw withCriuLog(error, name, `${fresh}/dump.log`);
  }
  if (!options.keep) removeReports(fresh);
  removeTree(place);
  renameSync(fresh, place);
  const checkpointedAt = new Date().toISOString();
  if (goesOn) {
    writeState(store, id, { ...container.state, checkpointedAt });
    return;
  }
  await waitForExit(container.state.process!, END_PATIENCE);
  const ended = await cleanUpLocked(engine, {
    ...container,
    state: { ...container.state, stopRequested: true },
  });
  writeState(store, id, { ...ended, checkpointedAt });
}

/** @throws ProaError RUNNING, NO_CHECKPOINT, CRIU_MISSING, and what a start throws */
export async function restoreContainer(
  engine: Engine,
  id: string,
  options: RestoreOptions = {},
): Promise<void> {
  const { store } = engine;
  using _ = await lockContainer(store, id);
  const container = readContainer(store, id);
  const name = container?.config.name ?? id.slice(0, 12);
  if (container !== undefined && hasLivingProcess(container.state)) {
    throw new ProaError('RUNNING', `restore container ${name}: it is running`);
  }
  const path = options.path ?? `${containerPath(store, id)}/checkpoint`;
  if (container === undefined || !existsSync(path)) {
    throw new ProaError('NO_CHECKPOINT', `restore container ${name}: there is no checkpoint of it`, {
      hint: `proa container checkpoint ${name} makes one while it runs`,
    });
  }
  await requireCriu(engine, container, 'restore');
  await startLocked(engine, id, { restore: { path, args: criuArguments(options) } });
  // Its files go on from here, so the memory of then does not fit them a second time.
  if (!options.keep) removeTree(path);
}

/** True for one that a `restore` would bring back. */
export function hasCheckpoint(engine: Engine, { config, state }: Container): boolean {
  return !hasLivingProcess(state) && existsSync(`${containerPath(engine.store, config.id)}/checkpoint`);
}

function criuArguments({ tcpEstablished, fileLocks }: RestoreOptions): string[] {
  return [...(tcpEstablished ? ['--tcp-established'] : []), ...(fileLocks ? ['--file-locks'] : [])];
}

/** The folder of the pre-checkpoint as criu wants it: relative to that of the images. */
function previousOf(root: string, id: string, name: string): string {
  if (existsSync(`${root}/containers/${id}/pre-checkpoint`)) return '../pre-checkpoint';
  throw new ProaError('NO_PREVIOUS', `checkpoint container ${name}: there is no pre-checkpoint of it`, {
    hint: `proa container checkpoint --pre-checkpoint ${name} makes one`,
  });
}

/** @throws ProaError CRIU_MISSING naming what is missing */
async function requireCriu(engine: Engine, { config, state }: Container, step: string): Promise<void> {
  const fail = (why: string, hint?: string): ProaError =>
    new ProaError('CRIU_MISSING', `${step} container ${config.name}: ${why}`, { hint });
  if (engine.identity.rootless) throw fail('criu needs root, and this is a user’s container');
  if (tryFindProgram('criu') === undefined) throw fail('criu is not installed', 'apt-get install criu');
  const runtime = containerRuntime(engine, config, state);
  if (runtime.kind !== 'crun' || (await runtimeFeatures(runtime)).includes('+CRIU')) return;
  const hint =
    tryFindProgram('runc') === undefined
      ? 'apt-get install runc, and create the container with proa --runtime runc'
      : 'runc can: create the container with proa --runtime runc';
  throw fail('this crun was built without criu', hint);
}

function removeReports(folder: string): void {
  for (const name of REPORTS) rmSync(`${folder}/${name}`, { force: true });
}

/** The runtime only says that criu failed; why stands in its log. */
function withCriuLog(error: unknown, name: string, file: string): unknown {
  if (!(error instanceof ProaError)) return error;
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const errors = lines
    .filter((line) => /\bError\b/.test(line))
    .map((line) => line.replace(/^\([\d.]+\) /, ''));
  const why = errors.length > 0 ? errors.slice(0, 3).join('; ') : error.message;
  return new ProaError(error.code, `checkpoint container ${name}: criu failed: ${why}`, {
    hint: lines.length > 0 ? `Its log is ${file}` : undefined,
    cause: error,
  });
}
