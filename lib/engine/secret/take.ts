/** A new container's secrets: which they are, and those that it keeps as they are now (podman-secret-create(1)). */
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { writeFile } from '../../core/atomic-file.ts';
import { ProaError } from '../../core/error.ts';
import { type ContainerSecret, containerPath } from '../../storage/containers.ts';
import { findSecret } from '../../storage/secrets.ts';
import type { Store } from '../../storage/store.ts';
import { secretData } from './inspect.ts';
import type { SecretUse } from './request.ts';

/** In a container's folder. */
export const TAKEN = 'secrets';

/**
 * Files of the driver `file` are copied, so that a container keeps what it began with; they lie on this disk anyway. What
 * another driver keeps is never written to the disk, but asked for at each start; so is what becomes a variable.
 * @param folder the container's, under construction
 * @throws ProaError SECRET_NOT_FOUND, AMBIGUOUS, INVALID_OPTION
 */
export function takeSecrets(store: Store, uses: readonly SecretUse[], folder: string): ContainerSecret[] {
  const places = new Set<string>();
  return uses.map((use, number): ContainerSecret => {
    const record = findSecret(store, use.source);
    const { id, name } = record;
    const place = use.type === 'env' ? use.variable : use.target;
    if (places.has(place)) {
      throw new ProaError('INVALID_OPTION', `show secret ${name}: another one is shown as ${place}`);
    }
    places.add(place);
    if (use.type === 'env') return { id, name, type: 'env', variable: use.variable };
    const { target, uid, gid, mode } = use;
    const kept = record.driver === 'file';
    if (kept) {
      mkdirSync(`${folder}/${TAKEN}`, { recursive: true, mode: 0o700 });
      writeFile(`${folder}/${TAKEN}/${number}`, secretData(store, record), { mode: 0o600 });
    }
    return { id, name, type: 'mount', target, uid, gid, mode, kept };
  });
}

/** For a clone. @param folder the clone's, under construction */
export function copyTakenSecrets(store: Store, original: string, folder: string): void {
  const from = `${containerPath(store, original)}/${TAKEN}`;
  if (!existsSync(from)) return;
  mkdirSync(`${folder}/${TAKEN}`, { mode: 0o700 });
  for (const name of readdirSync(from)) copyFileSync(`${from}/${name}`, `${folder}/${TAKEN}/${name}`);
}
