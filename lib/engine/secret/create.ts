/** `secret create`. */
import { addContext, ProaError } from '../../core/error.ts';
import {
  newSecretId,
  publishSecret,
  readSecret,
  replaceSecret,
  SECRET_DRIVERS,
  type SecretDriverName,
  type SecretRecord,
  stageSecret,
  validateSecretName,
} from '../../storage/secrets.ts';
import type { Store } from '../../storage/store.ts';
import { checkDriverOptions, openDriver } from './drivers.ts';

export interface SecretRequest {
  name: string;
  /** Called when all else is in order. */
  data: () => Uint8Array;
  driver: string;
  driverOptions: Record<string, string>;
  labels: Record<string, string>;
  /** What becomes of a secret of that name: an error, another in its place, or nothing. */
  existing: 'refuse' | 'replace' | 'keep';
}

/** Docker's and Podman's limit, not inclusive. */
export const SECRET_LIMIT = 512_000;

/**
 * Makes a secret, or puts another in its place. Containers keep what they have.
 * @returns its id
 * @throws ProaError INVALID_NAME, UNKNOWN_DRIVER, INVALID_OPTION, SECRET_EXISTS, SECRET_SIZE, or what the driver's is
 */
export function createSecret(store: Store, request: SecretRequest): string {
  const { name, labels, driverOptions, existing } = request;
  validateSecretName(name);
  const driver = SECRET_DRIVERS.find((known) => known === request.driver);
  if (driver === undefined) {
    throw new ProaError(
      'UNKNOWN_DRIVER',
      `create secret ${name}: invalid driver ${JSON.stringify(request.driver)}`,
      {
        hint: `Drivers: ${SECRET_DRIVERS.join(', ')}`,
      },
    );
  }
  checkDriverOptions(driver, driverOptions);
  const old = readSecret(store, name);
  if (old !== undefined && existing === 'keep') return old.id;
  if (old !== undefined && existing === 'refuse') throw inUse(name);
  const data = request.data();
  if (data.length === 0 || data.length >= SECRET_LIMIT) {
    throw new ProaError(
      'SECRET_SIZE',
      `create secret ${name}: secret data must be larger than 0 and less than ${SECRET_LIMIT} bytes`,
    );
  }
  return keep(store, { name, labels, driver, driverOptions }, data, existing);
}

function keep(
  store: Store,
  properties: Pick<SecretRecord, 'name' | 'labels' | 'driverOptions'> & { driver: SecretDriverName },
  data: Uint8Array,
  existing: SecretRequest['existing'],
): string {
  const now = new Date().toISOString();
  const { name } = properties;
  const record: SecretRecord = { version: 1, id: newSecretId(), ...properties, created: now, updated: now };
  using staging = stageSecret(store);
  const keeper = openDriver(record, staging.path);
  try {
    keeper.store(record.id, data);
  } catch (error) {
    throw addContext(error, `create secret ${name}`);
  }
  using undo = new DisposableStack();
  undo.defer(() => keeper.remove(record.id));
  for (;;) {
    if (publishSecret(store, staging, record)) break;
    // Another command made it since we looked.
    const theirs = readSecret(store, name);
    if (existing === 'refuse') throw inUse(name);
    if (theirs !== undefined && existing === 'keep') return theirs.id;
    const old = replaceSecret(store, staging, { ...record, created: theirs?.created ?? now });
    if (old === undefined) continue;
    undo.move();
    openDriver(old, staging.path).remove(old.id);
    return record.id;
  }
  undo.move();
  return record.id;
}

function inUse(name: string): ProaError {
  return new ProaError('SECRET_EXISTS', `create secret ${name}: secret name in use`, {
    hint: 'Put another in its place with --replace',
  });
}
