/** `secret inspect`, in Docker's structure with Podman's members besides. */
import { findSecret, type SecretRecord, secretPath } from '../../storage/secrets.ts';
import type { Store } from '../../storage/store.ts';
import { openDriver } from './drivers.ts';

/**
 * @param text its name, its id, or the beginning of that
 * @param show the secret itself, too
 * @throws ProaError SECRET_NOT_FOUND, AMBIGUOUS, SECRET_UNREADABLE
 */
export function inspectSecret(store: Store, text: string, show = false) {
  const record = findSecret(store, text);
  return {
    ID: record.id,
    CreatedAt: record.created,
    UpdatedAt: record.updated,
    Spec: {
      Name: record.name,
      Driver: { Name: record.driver, Options: record.driverOptions },
      Labels: record.labels,
    },
    ...(show && { SecretData: Buffer.from(secretData(store, record)).toString() }),
  };
}

/** The secret itself. @throws ProaError SECRET_UNREADABLE, … */
export function secretData(store: Store, record: SecretRecord): Uint8Array {
  return openDriver(record, secretPath(store, record.name)).lookup(record.id);
}
