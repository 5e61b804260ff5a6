import { chmodSync, lstatSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import {
  copyStamp,
  isStamp,
  lastIdentity,
  STAMP_LENGTH,
  tryBriefStatAt,
} from '../../../lib/core/sys/brief-stat.ts';
import { AT_FDCWD } from '../../../lib/core/sys/file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(`${tmpdir()}/brief-`);
});
afterEach(() => rmSync(folder, { recursive: true }));

test('says what lstat(2) says', () => {
  const file = `${folder}/a`;
  writeFileSync(file, 'hello');
  chmodSync(file, 0o4711);
  utimesSync(file, 5, -5.25);
  symlinkSync('a', `${folder}/l`);
  for (const name of [file, `${folder}/l`, folder, '/dev/null']) {
    const real = lstatSync(name, { bigint: true });
    const brief = tryBriefStatAt(AT_FDCWD, name);
    if (typeof brief === 'number') throw new Error(`${name}: ${brief}`);
    const { mode, uid, gid, links, size, mtime } = brief;
    expect([mode, uid, gid, links, size].map(BigInt)).toEqual([
      real.mode,
      real.uid,
      real.gid,
      real.nlink,
      real.size,
    ]);
    expect(BigInt(mtime.sec) * 1_000_000_000n + BigInt(mtime.nsec)).toBe(real.mtimeNs);
  }
  expect(tryBriefStatAt(AT_FDCWD, '/dev/null')).toMatchObject({ major: 1, minor: 3 });
  expect(tryBriefStatAt(AT_FDCWD, `${folder}/none`)).toBe(-2);
});

test('a stamp is of one file in one state', async () => {
  const stamps = new Uint32Array(2 * STAMP_LENGTH);
  const look = (name: string) => void tryBriefStatAt(AT_FDCWD, `${folder}/${name}`);
  writeFileSync(`${folder}/a`, 'one');
  writeFileSync(`${folder}/b`, 'one');
  look('a');
  copyStamp(stamps, STAMP_LENGTH);
  const identity = lastIdentity();
  expect(isStamp(stamps, STAMP_LENGTH)).toBe(true);
  expect(isStamp(stamps, 0)).toBe(false);
  look('b');
  expect(isStamp(stamps, STAMP_LENGTH)).toBe(false);
  expect(lastIdentity()).not.toBe(identity);
  await Bun.sleep(20);
  chmodSync(`${folder}/a`, 0o600);
  look('a');
  expect(isStamp(stamps, STAMP_LENGTH)).toBe(false);
  expect(lastIdentity()).toBe(identity);
});
