/**
 * What the transparency log Rekor answered when a signature was recorded: a "signed entry timestamp" over the record.
 * cosign keeps it beside the signature (annotation dev.sigstore.cosign/bundle), so that it can be checked offline.
 */
import type { KeyObject } from 'node:crypto';
import { ProaError } from '../../core/error.ts';
import { sha256Digest } from '../model/digest.ts';
import { type DocumentKind, openJson } from '../model/json-cursor.ts';
import { readPublicKeys, sigstoreVerify } from './sigstore-key.ts';

const KIND: DocumentKind = { code: 'INVALID_SIGNATURE', what: 'read record of the transparency log' };

export interface RecordedSignature {
  /** What was signed. */
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  /** By whom. */
  readonly key: KeyObject;
}

/**
 * Checks that a log recorded this very signature.
 * @param bundle the annotation's text
 * @param logKeys of the logs that are trusted
 * @throws ProaError INVALID_SIGNATURE
 */
export async function checkRecord(
  bundle: string,
  logKeys: readonly KeyObject[],
  recorded: RecordedSignature,
): Promise<void> {
  const document = openJson(bundle, KIND);
  const payload = document.at('Payload');
  const body = payload.at('body').string();
  // RFC 8785: members in order, no spaces; the numbers are whole and the texts plain, so this is its form.
  const signed = JSON.stringify({
    body,
    integratedTime: payload.at('integratedTime').integer(),
    logID: payload.at('logID').string(),
    logIndex: payload.at('logIndex').integer(),
  });
  const timestamp = Buffer.from(document.at('SignedEntryTimestamp').string(), 'base64');
  const checks = logKeys.map((key) => sigstoreVerify(Buffer.from(signed), timestamp, key));
  if (!(await Promise.all(checks)).includes(true)) throw refused('no trusted log signed it');
  await checkEntry(Buffer.from(body, 'base64'), recorded);
}

/** The record itself: `hashedrekord` 0.0.1 of Rekor's types. */
async function checkEntry(body: Uint8Array, { payload, signature, key }: RecordedSignature): Promise<void> {
  const entry = openJson(body, KIND);
  if (entry.at('kind').string() !== 'hashedrekord') entry.at('kind').fail('must be hashedrekord');
  if (entry.at('apiVersion').string() !== '0.0.1') entry.at('apiVersion').fail('must be 0.0.1');
  const spec = entry.at('spec');
  const hash = spec.at('data').at('hash');
  if (`${hash.at('algorithm').string()}:${hash.at('value').string()}` !== sha256Digest(payload))
    throw refused('it is of another text');
  const content = Buffer.from(spec.at('signature').at('content').string(), 'base64');
  if (!content.equals(signature)) throw refused('it is of another signature');
  const pem = Buffer.from(spec.at('signature').at('publicKey').at('content').string(), 'base64');
  const [logged] = await readPublicKeys(pem);
  if (!logged?.equals(key)) throw refused('it is of another key');
}

function refused(why: string): ProaError {
  return new ProaError(KIND.code, `verify record of the transparency log: ${why}`);
}
