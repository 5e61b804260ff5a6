import { existsSync, mkdirSync, readdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEntries, removeTree } from '../../../lib/core/sys/directory.ts';
import { AT_FDCWD, close, O, open, tryMkdirAt, tryOpenAt } from '../../../lib/core/sys/file.ts';
import { TemporaryFolder } from '../../helpers/temporary.ts';

test('removeTree removes names that are not UTF-8, and links without following them', () => {
  using folder = new TemporaryFolder();
  const dir = join(folder.path, 'tree');
  const outside = join(folder.path, 'kept');
  mkdirSync(outside);
  writeFileSync(join(outside, 'file'), 'x');
  mkdirSync(join(dir, 'a/b/c'), { recursive: true });
  symlinkSync(outside, join(dir, 'a/link'));
  expect(
    tryMkdirAt(AT_FDCWD, Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0xff, 0xfe])]), 0o755),
  ).toBe(0);
  removeTree(dir);
  expect(existsSync(dir)).toBe(false);
  expect(readdirSync(outside)).toEqual(['file']);
  expect(tryOpenAt(AT_FDCWD, dir, O.RDONLY)).toBe(-2);
});

test('a folder that another process deletes meanwhile has no entries, and is gone', () => {
  using folder = new TemporaryFolder();
  const dir = join(folder.path, 'dir');
  mkdirSync(dir);
  const fd = open(dir, O.RDONLY | O.DIRECTORY);
  rmdirSync(dir);
  expect(readEntries(fd)).toEqual([]);
  close(fd);
  removeTree(dir);
});

test('a folder into which another process still writes goes, too', async () => {
  using folder = new TemporaryFolder();
  for (let round = 0; round < 20; round++) {
    const dir = join(folder.path, `written${round}`);
    mkdirSync(dir);
    // It ends by itself: at the first file that has no folder any more.
    const script = 'i=0; while [ $i -lt 300 ] && : 2>/dev/null >"$0/$i"; do i=$((i+1)); done';
    const writer = Bun.spawn(['sh', '-c', script, dir], { stdio: ['ignore', 'ignore', 'ignore'] });
    while (readdirSync(dir).length < 3) await Bun.sleep(0);
    removeTree(dir);
    expect(existsSync(dir)).toBe(false);
    await writer.exited;
  }
});
