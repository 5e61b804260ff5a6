/**
 * Docker's checkpoints: a container has any number of them, each with a name, in ROOT/containers/ID/checkpoints/NAME or in
 * a folder of the user's. A start that names one goes on from there, and it stays.
 */
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import { removeTree } from '../../core/sys/directory.ts';
import { containerPath, lockContainer, readContainer } from '../../storage/containers.ts';
import { validateName } from '../../storage/names.ts';
import type { Store } from '../../storage/store.ts';
import type { Engine } from '../engine.ts';
import { checkpointContainer, restoreContainer } from './checkpoint.ts';

export interface NamedCheckpoint {
  name: string;
  /** `--checkpoint-dir`: where it is instead of beside the container. */
  folder?: string | undefined;
}

/** @throws ProaError CHECKPOINT_EXISTS, INVALID_NAME, and what checkpointContainer throws */
export async function createCheckpoint(
  engine: Engine,
  id: string,
  checkpoint: NamedCheckpoint,
  options: { leaveRunning: boolean },
): Promise<void> {
  const path = pathOf(engine.store, id, checkpoint);
  if (existsSync(path)) {
    throw new ProaError(
      'CHECKPOINT_EXISTS',
      `checkpoint with name ${checkpoint.name} already exists for container ${nameOf(engine.store, id)}`,
    );
  }
  mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true, mode: 0o700 });
  await checkpointContainer(engine, id, { ...options, path });
}

/** Starts a container from its checkpoint, which stays. @throws ProaError NO_CHECKPOINT, and what restoreContainer throws */
export async function startFromCheckpoint(
  engine: Engine,
  id: string,
  checkpoint: NamedCheckpoint,
): Promise<void> {
  await restoreContainer(engine, id, { path: requirePath(engine.store, id, checkpoint), keep: true });
}

/** Names, sorted. */
export function listCheckpoints(store: Store, id: string, folder?: string): string[] {
  const path = folder ?? ownFolder(store, id);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => !name.endsWith('.new') && statSync(`${path}/${name}`).isDirectory())
    .sort();
}

/** @throws ProaError NO_CHECKPOINT */
export async function removeCheckpoint(
  engine: Engine,
  id: string,
  checkpoint: NamedCheckpoint,
): Promise<void> {
  using _ = await lockContainer(engine.store, id);
  removeTree(requirePath(engine.store, id, checkpoint));
}

function requirePath(store: Store, id: string, checkpoint: NamedCheckpoint): string {
  const path = pathOf(store, id, checkpoint);
  if (existsSync(path)) return path;
  throw new ProaError(
    'NO_CHECKPOINT',
    `checkpoint ${checkpoint.name} does not exist for container ${nameOf(store, id)}`,
    { hint: `proa checkpoint ls ${nameOf(store, id)}` },
  );
}

function pathOf(store: Store, id: string, { name, folder }: NamedCheckpoint): string {
  validateName(name, 'checkpoint');
  return `${folder ?? ownFolder(store, id)}/${name}`;
}

function ownFolder(store: Store, id: string): string {
  return `${containerPath(store, id)}/checkpoints`;
}

function nameOf(store: Store, id: string): string {
  return readContainer(store, id)?.config.name ?? id.slice(0, 12);
}
