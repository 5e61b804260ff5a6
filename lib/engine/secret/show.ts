/**
 * A starting container's secrets. Files are in a ramfs of its own, which is memory that is never swapped out, whatever
 * RUNROOT is; it goes with the container's other side mounts. Variables are in the bundle's specification alone, which is
 * readable by its owner.
 */
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path/posix';
import { writeFile } from '../../core/atomic-file.ts';
import { addContext, hasCode, ProaError } from '../../core/error.ts';
import { MS, mount } from '../../core/sys/mount.ts';
import { bindMount } from '../../oci/model/runtime-spec/mount-options.ts';
import type { Mount } from '../../oci/model/runtime-spec/types.ts';
import {
  type ContainerConfig,
  type ContainerSecret,
  containerPath,
  sideMountsPath,
} from '../../storage/containers.ts';
import { readSecret } from '../../storage/secrets.ts';
import type { Store } from '../../storage/store.ts';
import { outsideId } from '../container/outside-id.ts';
import type { Engine } from '../engine.ts';
import { secretData } from './inspect.ts';
import { SECRETS_FOLDER } from './request.ts';
import { TAKEN } from './take.ts';

export interface ShownSecrets {
  /** NAME=VALUE */
  env: string[];
  mounts: Mount[];
}

/** @throws ProaError SECRET_NOT_FOUND, SECRET_UNREADABLE; ID_NOT_MAPPED when a user has no such owner */
export function showSecrets({ store }: Engine, config: ContainerConfig): ShownSecrets {
  const shown: ShownSecrets = { env: [], mounts: [] };
  const files: { number: number; use: MountedSecret }[] = [];
  for (const [number, use] of (config.secrets ?? []).entries()) {
    if (use.type === 'env') shown.env.push(`${use.variable}=${variable(store, use)}`);
    else files.push({ number, use });
  }
  if (files.length === 0) return shown;
  const folder = `${sideMountsPath(store, config.id)}/secrets`;
  mkdirSync(folder, { recursive: true });
  mount('ramfs', folder, 'ramfs', MS.NOSUID | MS.NODEV | MS.NOEXEC, 'mode=755');
  // One mount for all, unless something else of the container's is there.
  const isTaken = config.mounts.some(({ destination }) => `${destination}/`.startsWith(`${SECRETS_FOLDER}/`));
  const together = `${folder}/together`;
  for (const { number, use } of files) {
    const below = use.target.startsWith(`${SECRETS_FOLDER}/`) && !isTaken;
    const file = below ? `${together}${use.target.slice(SECRETS_FOLDER.length)}` : `${folder}/${number}`;
    makeFolders(dirname(file), folder, config);
    writeSecret(store, config, number, use, file);
    if (!below) shown.mounts.push(readOnly(file, use.target));
  }
  if (existsSync(together)) shown.mounts.push(readOnly(together, SECRETS_FOLDER));
  return shown;
}

type MountedSecret = Extract<ContainerSecret, { type: 'mount' }>;

function readOnly(source: string, destination: string): Mount {
  return bindMount({ source, destination, readonly: true, options: ['nosuid', 'nodev', 'noexec'] });
}

/** Folders belong to the container's root, and others may look. */
function makeFolders(path: string, top: string, { idMaps }: Pick<ContainerConfig, 'idMaps'>): void {
  if (path === top || existsSync(path)) return;
  makeFolders(dirname(path), top, { idMaps });
  mkdirSync(path);
  chmodSync(path, 0o755);
  chownSync(path, outsideId(idMaps?.uids, 0), outsideId(idMaps?.gids, 0));
}

function writeSecret(
  store: Store,
  { id, idMaps }: ContainerConfig,
  number: number,
  use: MountedSecret,
  file: string,
): void {
  const taken = `${containerPath(store, id)}/${TAKEN}/${number}`;
  // A container that was restored from an archive has none with it.
  const data = use.kept && existsSync(taken) ? readFileSync(taken) : present(store, use);
  writeFile(file, data, { mode: 0o600 });
  try {
    chownSync(file, outsideId(idMaps?.uids, use.uid), outsideId(idMaps?.gids, use.gid));
  } catch (error) {
    if (!hasCode(error, 'EINVAL', 'EPERM')) throw error;
    const owner = `${use.uid}:${use.gid}`;
    throw new ProaError('ID_NOT_MAPPED', `show secret ${use.name} to ${owner}: this user has no such ids`, {
      cause: error,
    });
  }
  chmodSync(file, use.mode);
}

/** The secret of that name as it is now. */
function present(store: Store, { name }: ContainerSecret): Uint8Array {
  const record = readSecret(store, name);
  if (record === undefined) {
    throw new ProaError('SECRET_NOT_FOUND', `no secret with name or id "${name}": no such secret`, {
      hint: `It was removed; make it again: proa secret create ${name} FILE`,
    });
  }
  try {
    return secretData(store, record);
  } catch (error) {
    throw addContext(error, `show secret ${name}`);
  }
}

function variable(store: Store, use: ContainerSecret): string {
  const text = Buffer.from(present(store, use)).toString();
  if (!text.includes('\0')) return text;
  throw new ProaError('SECRET_UNREADABLE', `show secret ${use.name} as a variable: it holds a NUL byte`);
}
