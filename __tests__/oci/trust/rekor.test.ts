import { createPublicKey, type KeyObject } from 'node:crypto';
import { sha256Digest } from '../../../lib/oci/model/digest.ts';
import { checkRecord } from '../../../lib/oci/trust/rekor.ts';
import { sigstoreSign } from '../../../lib/oci/trust/sigstore-key.ts';
import { ecKeys } from './support/sigstore-keys.ts';

const log = ecKeys();
const signer = ecKeys();
const payload = Buffer.from('{"critical":{}}');

const publicOf = (pem: string): KeyObject => createPublicKey(pem);
const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64');

/** What a log answers for a signature, signed over the canonical form. */
async function record(
  signature: Uint8Array,
  change: (entry: Record<string, unknown>) => object = (it) => it,
) {
  const entry = change({
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value: sha256Digest(payload).slice('sha256:'.length) } },
      signature: { content: base64(signature), publicKey: { content: base64(signer.publicKey) } },
    },
  });
  const body = base64(JSON.stringify(entry));
  const canonical = `{"body":"${body}","integratedTime":1670870899,"logID":"c0d2","logIndex":8949589}`;
  const timestamp = await sigstoreSign(Buffer.from(canonical), log.privateKey);
  const Payload = { logIndex: 8949589, logID: 'c0d2', integratedTime: 1670870899, body };
  return JSON.stringify({ SignedEntryTimestamp: base64(timestamp), Payload });
}

const check = async (
  bundle: string,
  signature: Uint8Array,
  over: { key?: string; log?: string; text?: Buffer } = {},
) =>
  checkRecord(bundle, [publicOf(over.log ?? log.publicKey)], {
    payload: over.text ?? payload,
    signature,
    key: publicOf(over.key ?? signer.publicKey),
  });

test('a record of this signature by a trusted log', async () => {
  const signature = await sigstoreSign(payload, signer.privateKey);
  await check(await record(signature), signature);
});

test('a record of something else', async () => {
  const signature = await sigstoreSign(payload, signer.privateKey);
  const bundle = await record(signature);
  const other = await sigstoreSign(payload, signer.privateKey);
  await expect(check(bundle, other)).rejects.toThrow('it is of another signature');
  await expect(check(bundle, signature, { key: log.publicKey })).rejects.toThrow('it is of another key');
  await expect(check(bundle, signature, { text: Buffer.from('x') })).rejects.toThrow('it is of another text');
  await expect(check(bundle, signature, { log: signer.publicKey })).rejects.toThrow(
    'no trusted log signed it',
  );
  const later = bundle.replace('1670870899', '1670870900');
  await expect(check(later, signature)).rejects.toThrow('no trusted log signed it');
  const strange = await record(signature, (entry) => ({ ...entry, kind: 'intoto' }));
  await expect(check(strange, signature)).rejects.toThrow('kind: must be hashedrekord');
  await expect(check('{}', signature)).rejects.toMatchObject({ code: 'INVALID_SIGNATURE' });
});
