import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { readRecord, writeFileAtomic, writeRecord } from '../../lib/core/atomic-file.ts';
import { BunProcess } from '../helpers/bun-process.ts';
import { TemporaryFolder } from '../helpers/temporary.ts';

let folder: TemporaryFolder;
let file: string;
beforeEach(() => {
  folder = new TemporaryFolder();
  file = `${folder.path}/record.json`;
});
afterEach(() => folder[Symbol.dispose]());

test('a reader never sees half of it', async () => {
  const script = `import { readFileSync } from 'node:fs';
    const seen = { a: 0, b: 0, torn: 0 };
    let on = true;
    Bun.stdin.text().then(() => { on = false; });
    console.log('reading');
    while (on) {
      const text = readFileSync(process.argv[1], 'latin1');
      const kind = text === 'a'.repeat(100_000) ? 'a' : text === 'b'.repeat(50_000) ? 'b' : 'torn';
      seen[kind]++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    console.log(JSON.stringify(seen));`;
  writeFileAtomic(file, 'a'.repeat(100_000));
  await using reader = new BunProcess(script, [file]);
  await reader.line();
  const end = performance.now() + 150;
  while (performance.now() < end) {
    writeFileAtomic(file, 'b'.repeat(50_000));
    writeFileAtomic(file, 'a'.repeat(100_000));
    await Bun.sleep(0);
  }
  reader.go();
  const seen = JSON.parse(await reader.line()) as { a: number; b: number; torn: number };
  expect(seen.torn).toBe(0);
  expect(seen.a + seen.b).toBeGreaterThan(5);
});

test('a write that was cut off by a crash is taken over by the next one', () => {
  writeFileSync(`${file}.new`, 'x'.repeat(1000));
  writeFileAtomic(file, 'short', { mode: 0o600, sync: true });
  expect(readFileSync(file, 'utf8')).toBe('short');
  expect(readdirSync(folder.path)).toEqual(['record.json']);
});

test('the mode is the one asked for', () => {
  writeFileAtomic(file, '', { mode: 0o600 });
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a write that fails leaves what was there', () => {
  mkdirSync(`${file}/x`, { recursive: true });
  expect(() => writeFileAtomic(file, 'text')).toThrow(expect.objectContaining({ code: 'EISDIR' }));
  expect(readdirSync(folder.path)).toEqual(['record.json']);
  expect(readdirSync(file)).toEqual(['x']);
});

test('a record comes back as it was written; one that is not there is none', () => {
  expect(readRecord(file)).toBeUndefined();
  expect(readRecord(`${file}/below/it`)).toBeUndefined();
  writeRecord(file, { version: 1, text: 'ü' });
  expect(readRecord<{ version: number }>(file)).toEqual({ version: 1, text: 'ü' });
  expect(readRecord(`${file}/below/it`)).toBeUndefined();
});

test.each([
  ['{"version":1', /JSON/i],
  ['', /./],
  ['null', /not an object/],
  ['7', /not an object/],
  ['[]', /version undefined, this proa reads 1/],
  ['{"version":2}', /version 2, this proa reads 1/],
])('the record %j is corrupt', (text, why) => {
  writeFileSync(file, text);
  expect(() => readRecord(file)).toThrow(
    expect.objectContaining({
      code: 'CORRUPT_RECORD',
      message: expect.stringMatching(new RegExp(`^read record ${file}: .*${why.source}`)),
      hint: 'proa system check --repair',
    }),
  );
});

test('a record that cannot be read keeps its errno', () => {
  expect(() => readRecord(folder.path)).toThrow(expect.objectContaining({ code: 'EISDIR' }));
});
