/** Secrets whose record cannot be read: what is kept here for one is its owner's, so it is put aside and not deleted. */
import { existsSync, readdirSync } from 'node:fs';
import { lockSecret, type SecretRecord, secretPath } from '../../../storage/secrets.ts';
import type { Store } from '../../../storage/store.ts';
import { type Finding, setAside } from './finding.ts';
import { readCritically, writtenByNewer } from './records.ts';

export function* findBadSecrets(store: Store): Iterable<Finding> {
  if (!existsSync(`${store.root}/secrets`)) return;
  for (const name of readdirSync(`${store.root}/secrets`)) {
    const file = `${secretPath(store, name)}/secret.json`;
    const reading = readCritically<SecretRecord>(
      file,
      (record) => record.name === name && typeof record.id === 'string' && typeof record.driver === 'string',
    );
    if (reading.kind === 'good') continue;
    const finding = { what: 'secret', which: name };
    if (reading.kind === 'newer') {
      yield { ...finding, why: reading.why, repair: () => Promise.reject(writtenByNewer(`secret ${name}`)) };
      continue;
    }
    const why = reading.kind === 'absent' ? 'its record is missing' : reading.why;
    yield { ...finding, why, repair: () => setSecretAside(store, name) };
  }
}

async function setSecretAside(store: Store, name: string): Promise<string> {
  using _ = await lockSecret(store, name);
  return `moved to ${setAside(store, secretPath(store, name), `secret-${name}`)}`;
}
