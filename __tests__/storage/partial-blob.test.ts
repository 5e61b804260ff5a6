import { existsSync, readFileSync } from 'node:fs';
import { sha256Digest } from '../../lib/oci/model/digest.ts';
import { partialBlobPath } from '../../lib/storage/blobs.ts';
import { PartialBlob } from '../../lib/storage/partial-blob.ts';
import { BunProcess, UNTIL_GO } from '../helpers/bun-process.ts';
import { TestStore } from '../helpers/container-records.ts';

const DIGEST = sha256Digest(Buffer.from('blob'));
let records: TestStore;
let path: string;
beforeEach(() => {
  records = new TestStore();
  path = partialBlobPath(records.store, DIGEST);
});
afterEach(() => records[Symbol.dispose]());

/** Another process that writes `first half` and then, told to go on, keeps or removes the file. */
async function writer(end: 'keep' | 'remove'): Promise<BunProcess> {
  const script = `import { PartialBlob } from 'LIB/storage/partial-blob.ts';
    import { openStore } from 'LIB/storage/store.ts';
    const [root, runRoot, digest, end] = process.argv.slice(1);
    const store = openStore({ root, runRoot, rootless: false, uid: 0 });
    {
      using partial = await PartialBlob.open(store, digest);
      partial.append(Buffer.from('first half'));
      console.log('written');
      ${UNTIL_GO}
      if (end === 'remove') partial.remove();
    }
    console.log('over');
    await Bun.sleep(60_000);`;
  const other = new BunProcess(script, [records.root, records.runRoot, DIGEST, end]);
  await other.line();
  return other;
}

test('what came stays for the next attempt, which goes on behind it', async () => {
  {
    using partial = await PartialBlob.open(records.store, DIGEST);
    expect(partial.size).toBe(0);
    partial.append(Buffer.from('first '));
  }
  using partial = await PartialBlob.open(records.store, DIGEST);
  expect(partial.size).toBe(6);
  partial.append(Buffer.from('second'));
  expect(partial.size).toBe(12);
  expect(readFileSync(path, 'utf8')).toBe('first second');
});

test('an empty one is not kept', async () => {
  (await PartialBlob.open(records.store, DIGEST))[Symbol.dispose]();
  expect(existsSync(path)).toBe(false);
});

test('a second process waits, and goes on where the first one stopped', async () => {
  await using other = await writer('keep');
  let mine: PartialBlob | undefined;
  const waiting = PartialBlob.open(records.store, DIGEST).then((partial) => {
    mine = partial;
  });
  await Bun.sleep(40);
  expect(mine).toBeUndefined();
  other.go();
  await waiting;
  expect(mine!.size).toBe(10);
  mine![Symbol.dispose]();
});

test('a process that was killed leaves what it wrote', async () => {
  const other = await writer('keep');
  await other.kill();
  using partial = await PartialBlob.open(records.store, DIGEST);
  expect(partial.size).toBe(10);
});

test('a file that was removed while we waited for it is made anew, not written to', async () => {
  await using other = await writer('remove');
  const waiting = PartialBlob.open(records.store, DIGEST);
  other.go();
  using partial = await waiting;
  expect(partial.size).toBe(0);
  partial.append(Buffer.from('new'));
  expect(readFileSync(path, 'utf8')).toBe('new');
});

test('who waits can be called off', async () => {
  await using _ = await writer('keep');
  const controller = new AbortController();
  const waiting = PartialBlob.open(records.store, DIGEST, controller.signal);
  controller.abort(new Error('Ctrl-C'));
  await expect(waiting).rejects.toThrow('Ctrl-C');
});
