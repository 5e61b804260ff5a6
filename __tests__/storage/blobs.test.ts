import { readdirSync, writeFileSync } from 'node:fs';
import { sha256Digest } from '../../lib/oci/model/digest.ts';
import { blobPath, putBlob, readBlob, removeBlob } from '../../lib/storage/blobs.ts';
import { TestStore } from '../helpers/container-records.ts';

const BYTES = Buffer.from([0, 255, 10, 13]);

test('bytes are found under their digest; altered or gone, they say so', () => {
  using records = new TestStore();
  const { store } = records;
  const digest = putBlob(store, BYTES);
  expect(digest).toBe(sha256Digest(BYTES));
  expect(putBlob(store, BYTES)).toBe(digest);
  expect(Buffer.from(readBlob(store, digest)).equals(BYTES)).toBe(true);
  expect(readdirSync(store.tmp)).toEqual([]);
  writeFileSync(blobPath(store, digest), 'other');
  expect(() => readBlob(store, digest)).toThrow(expect.objectContaining({ code: 'BLOB_CORRUPT' }));
  removeBlob(store, digest);
  removeBlob(store, digest);
  expect(() => readBlob(store, digest)).toThrow(expect.objectContaining({ code: 'BLOB_MISSING' }));
});
