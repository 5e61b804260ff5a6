/** `RUN --mount=type=secret`: bytes that a step sees, and that no layer, no history and no cache ever holds. */
import { chmodSync, chownSync, readFileSync } from 'node:fs';
import type { SecretMount } from '../../build/dockerfile/run-mount.ts';
import { writeFile } from '../../core/atomic-file.ts';
import { hasCode, messageOf, ProaError } from '../../core/error.ts';
import { bindMount } from '../../oci/model/runtime-spec/mount-options.ts';
import type { Mount } from '../../oci/model/runtime-spec/types.ts';
import type { SecretSource } from './request.ts';
import type { SideMounts } from './side-mounts.ts';

/**
 * @returns the file to mount, the variable, or both; undefined for one that is not there and need not be
 * @throws ProaError SECRET_NOT_FOUND, SECRET_UNREADABLE, ID_NOT_MAPPED
 */
export function showSecret(
  secrets: ReadonlyMap<string, SecretSource>,
  side: SideMounts,
  { id, target, env, required, uid, gid, mode }: SecretMount,
): { mount?: Mount; env?: string } | undefined {
  const source = secrets.get(id);
  const bytes = source && read(id, source);
  if (bytes === undefined) {
    if (!required) return undefined;
    throw new ProaError('SECRET_NOT_FOUND', `secret ${id}: not found: nobody gave it to this build`, {
      hint: `proa build --secret id=${id},src=FILE …`,
    });
  }
  const shown: { mount?: Mount; env?: string } = {};
  if (env !== undefined) {
    if (bytes.includes(0))
      throw new ProaError('SECRET_UNREADABLE', `secret ${id}: a variable cannot hold a NUL byte`);
    shown.env = `${env}=${Buffer.from(bytes).toString()}`;
  }
  if (target !== undefined) {
    const file = `${side.ram}/${crypto.randomUUID()}`;
    writeFile(file, bytes, { mode: 0o600 });
    give(file, uid, gid, `secret ${id}`);
    chmodSync(file, mode);
    shown.mount = bindMount({
      source: file,
      destination: target,
      readonly: true,
      options: ['nosuid', 'nodev', 'noexec'],
    });
  }
  return shown;
}

/** The bytes; undefined for a variable that is not set. */
function read(id: string, source: SecretSource): Uint8Array | undefined {
  if (source.kind === 'env') {
    const value = process.env[source.name];
    return value === undefined ? undefined : Buffer.from(value);
  }
  try {
    return readFileSync(source.path);
  } catch (error) {
    throw new ProaError('SECRET_UNREADABLE', `secret ${id}: read ${source.path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** @throws ProaError ID_NOT_MAPPED when a user has no such owner */
export function give(file: string, uid: number, gid: number, what: string): void {
  try {
    chownSync(file, uid, gid);
  } catch (error) {
    if (!hasCode(error, 'EINVAL', 'EPERM')) throw error;
    throw new ProaError('ID_NOT_MAPPED', `show ${what} to ${uid}:${gid}: this user has no such ids`, {
      cause: error,
    });
  }
}
