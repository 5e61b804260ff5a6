/**
 * ROOT/secrets/NAME/{secret.json,data}: what is known of a secret, and, where its driver keeps it here, the secret itself.
 * Both are the owner's alone, and they appear and go together by one rename.
 */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { readRecord, writeRecord } from '../core/atomic-file.ts';
import { hasCode, ProaError } from '../core/error.ts';
import { type Lock, lock } from '../core/lock.ts';
import { discard, Staging } from '../core/staging.ts';
import { RENAME_EXCHANGE, renameAt2 } from '../core/sys/file.ts';
import type { BadRecord } from './images.ts';
import type { Store } from './store.ts';

export const SECRET_DRIVERS = ['file', 'pass', 'shell', 'systemd-creds'] as const;
export type SecretDriverName = (typeof SECRET_DRIVERS)[number];

export interface SecretRecord {
  version: 1;
  /** 25 hex digits, as Podman's; a secret that is replaced gets another one. */
  id: string;
  name: string;
  /** RFC 3339. */
  created: string;
  updated: string;
  driver: SecretDriverName;
  driverOptions: Record<string, string>;
  labels: Record<string, string>;
}

const VALID = /^[a-zA-Z0-9]([a-zA-Z0-9_.-]*[a-zA-Z0-9])?$/;

/** @throws ProaError INVALID_NAME */
export function validateSecretName(name: string): void {
  if (VALID.test(name) && name.length <= 253) return;
  throw new ProaError(
    'INVALID_NAME',
    `use secret name ${JSON.stringify(name)}: only [a-zA-Z0-9-_.] are allowed, up to 253, the first and last of them [a-zA-Z0-9]`,
  );
}

export function secretPath(store: Store, name: string): string {
  return `${store.root}/secrets/${name}`;
}

export function newSecretId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(13)))
    .toString('hex')
    .slice(0, 25);
}

export function readSecret(store: Store, name: string): SecretRecord | undefined {
  return VALID.test(name) ? readRecord<SecretRecord>(`${secretPath(store, name)}/secret.json`) : undefined;
}

/** A secret's folder under construction. */
export function stageSecret(store: Store): Staging {
  return Staging.open(store.tmp, `secret-${crypto.randomUUID()}`);
}

/**
 * Writes the record and publishes.
 * @returns false when there is a secret of that name; it stays as it is
 */
export function publishSecret(store: Store, staging: Staging, record: SecretRecord): boolean {
  writeRecord(`${staging.path}/secret.json`, record, { sync: true, mode: 0o600 });
  // Stores of before have no such folder.
  mkdirSync(`${store.root}/secrets`, { recursive: true, mode: 0o700 });
  try {
    staging.publish(secretPath(store, record.name), { sync: true })[Symbol.dispose]();
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST', 'ENOTEMPTY')) return false;
    throw error;
  }
}

/**
 * Puts the new secret in the place of an old one, which is in `staging` then and goes with it.
 * @returns the old one's record; undefined when there is none any more, and nothing was done
 */
export function replaceSecret(
  store: Store,
  staging: Staging,
  record: SecretRecord,
): SecretRecord | undefined {
  const file = `${staging.path}/secret.json`;
  writeRecord(file, record, { sync: true, mode: 0o600 });
  try {
    renameAt2(staging.path, secretPath(store, record.name), RENAME_EXCHANGE);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  return readRecord<SecretRecord>(file);
}

/** @throws ProaError ENOENT when it is gone */
export function lockSecret(store: Store, name: string): Promise<Lock> {
  return lock(secretPath(store, name));
}

/** The caller holds {@link lockSecret}. */
export function discardSecret(store: Store, name: string): void {
  discard(secretPath(store, name), store.tmp);
}

/** All secrets, by name; unreadable ones go to `bad`. */
export function listSecrets(store: Store, bad: BadRecord[]): SecretRecord[] {
  if (!existsSync(`${store.root}/secrets`)) return [];
  const secrets: SecretRecord[] = [];
  for (const name of readdirSync(`${store.root}/secrets`).sort()) {
    try {
      const record = readSecret(store, name);
      if (record !== undefined) secrets.push(record);
    } catch (error) {
      if (!(error instanceof ProaError)) throw error;
      bad.push({ file: secretPath(store, name), error });
    }
  }
  return secrets;
}

/**
 * Finds a secret by name, id, or the beginning of its id.
 * @throws ProaError SECRET_NOT_FOUND, AMBIGUOUS
 */
export function findSecret(store: Store, text: string): SecretRecord {
  const named = readSecret(store, text);
  if (named !== undefined) return named;
  const matches = /^[0-9a-f]{1,25}$/.test(text)
    ? listSecrets(store, []).filter(({ id }) => id.startsWith(text))
    : [];
  const exact = matches.find(({ id }) => id === text);
  if (exact !== undefined || matches.length === 1) return exact ?? matches[0]!;
  if (matches.length > 1) {
    const names = matches.map(({ id, name }) => `${id} (${name})`).join(', ');
    throw new ProaError('AMBIGUOUS', `find secret ${text}: several ids begin with it: ${names}`);
  }
  throw new ProaError('SECRET_NOT_FOUND', `no secret with name or id "${text}": no such secret`, {
    hint: 'proa secret ls lists all secrets',
  });
}
