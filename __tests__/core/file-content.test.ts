import { closeSync, lstatSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { copyContent } from '../../lib/core/file-content.ts';
import { tryTruncate, tryWriteAt } from '../../lib/core/sys/descriptor.ts';

describe('copying a content', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(`${tmpdir()}/content-`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const copy = (from: string, size: number): number => {
    const source = openSync(from, 'r');
    const target = openSync(`${folder}/copy`, 'w+');
    try {
      return copyContent(source, target, size);
    } finally {
      closeSync(source);
      closeSync(target);
    }
  };

  test('of all sizes', () => {
    for (const size of [0, 1, 4095, 65_536, (3 << 20) + 1]) {
      const bytes = Buffer.alloc(size, 'abcdefg');
      writeFileSync(`${folder}/file`, bytes);
      expect(copy(`${folder}/file`, size)).toBe(size);
      expect(readFileSync(`${folder}/copy`).equals(bytes)).toBe(true);
    }
  });

  test('keeps holes: in front, between and at the end', () => {
    const fd = openSync(`${folder}/sparse`, 'w+');
    tryWriteAt(fd, Buffer.from('one'), 8 << 20);
    tryWriteAt(fd, Buffer.from('two'), 32 << 20);
    tryTruncate(fd, 64 << 20);
    closeSync(fd);
    expect(copy(`${folder}/sparse`, 64 << 20)).toBe(64 << 20);
    const { size, blocks } = lstatSync(`${folder}/copy`);
    expect([size, blocks < 1000]).toEqual([64 << 20, true]);
    expect(readFileSync(`${folder}/copy`).equals(readFileSync(`${folder}/sparse`))).toBe(true);
  });

  test('from one file system to another, and from procfs, whose files have no size', () => {
    expect(copy('/proc/self/comm', 0)).toBeGreaterThan(0);
    expect(readFileSync(`${folder}/copy`, 'utf8')).toBe(readFileSync('/proc/self/comm', 'utf8'));
    writeFileSync('/dev/shm/proa-content', 'shared memory');
    try {
      expect(copy('/dev/shm/proa-content', 13)).toBe(13);
    } finally {
      rmSync('/dev/shm/proa-content');
    }
    expect(readFileSync(`${folder}/copy`, 'utf8')).toBe('shared memory');
  });

  test('a file that got shorter is filled up, one that grew is cut', () => {
    writeFileSync(`${folder}/file`, 'short');
    expect(copy(`${folder}/file`, 100)).toBe(100);
    expect(readFileSync(`${folder}/copy`, 'latin1')).toBe(`short${'\0'.repeat(95)}`);
    expect(copy(`${folder}/file`, 2)).toBe(2);
    expect(readFileSync(`${folder}/copy`, 'latin1')).toBe('sh');
  });
});
