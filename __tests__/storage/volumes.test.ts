import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import {
  discardVolume,
  ensureVolume,
  listVolumes,
  readVolume,
  setVolumeContent,
  volumeDataPath,
} from '../../lib/storage/volumes.ts';
import { BunProcess, UNTIL_GO } from '../helpers/bun-process.ts';
import { TestStore } from '../helpers/container-records.ts';

let records: TestStore;
beforeEach(() => {
  records = new TestStore();
});
afterEach(() => records[Symbol.dispose]());

test('a volume is made once, and keeps its data and its record', () => {
  const { store } = records;
  const made = ensureVolume(store, 'data', { labels: { a: 'b' } });
  expect(made).toMatchObject({ name: 'data', anonymous: false, content: 'new', labels: { a: 'b' } });
  writeFileSync(`${volumeDataPath(store, 'data')}/file`, '');
  setVolumeContent(store, made, 'settled');
  expect(ensureVolume(store, 'data', { labels: { other: '' } })).toEqual({ ...made, content: 'settled' });
  expect(listVolumes(store)).toEqual([{ ...made, content: 'settled' }]);
  discardVolume(store, made);
  expect(readVolume(store, 'data')).toBeUndefined();
  expect(readdirSync(store.tmp)).toEqual([]);
});

test('several processes that make one volume at once have the same one', async () => {
  const script = `import { openStore } from 'LIB/storage/store.ts';
    import { ensureVolume, volumeDataPath } from 'LIB/storage/volumes.ts';
    const [root, runRoot] = process.argv.slice(1);
    const store = openStore({ root, runRoot, rootless: false, uid: 0 });
    console.log('ready');
    ${UNTIL_GO}
    const made = ensureVolume(store, 'data', { labels: { pid: String(process.pid) } });
    await Bun.write(volumeDataPath(store, 'data') + '/' + process.pid, '');
    console.log(JSON.stringify(made));`;
  const makers = Array.from({ length: 4 }, () => new BunProcess(script, [records.root, records.runRoot]));
  for (const maker of makers) await maker.line();
  for (const maker of makers) maker.go();
  const seen = new Set(await Promise.all(makers.map((maker) => maker.line())));
  expect([...seen]).toEqual([JSON.stringify(readVolume(records.store, 'data'))]);
  expect(readdirSync(volumeDataPath(records.store, 'data'))).toHaveLength(4);
  expect(readdirSync(records.store.tmp)).toEqual([]);
});

test('a name that would lead elsewhere is refused', () => {
  expect(() => ensureVolume(records.store, '../x')).toThrow(
    expect.objectContaining({ code: 'INVALID_NAME' }),
  );
  expect(existsSync(`${records.root}/x`)).toBe(false);
});
