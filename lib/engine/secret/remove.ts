/** `secret rm`. Containers that have the secret keep it. */
import { hasCode } from '../../core/error.ts';
import { discardSecret, findSecret, lockSecret, readSecret, secretPath } from '../../storage/secrets.ts';
import type { Store } from '../../storage/store.ts';
import { openDriver } from './drivers.ts';

/**
 * @param text its name, its id, or the beginning of that
 * @throws ProaError SECRET_NOT_FOUND, AMBIGUOUS, or what the driver's is: then it is still there
 */
export async function removeSecret(store: Store, text: string): Promise<void> {
  const { name } = findSecret(store, text);
  try {
    using _ = await lockSecret(store, name);
    const record = readSecret(store, name);
    if (record === undefined) return;
    // The secret before the record: what nobody knows of any more would stay for ever.
    openDriver(record, secretPath(store, name)).remove(record.id);
    discardSecret(store, name);
  } catch (error) {
    // Another command removed it meanwhile.
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}
