import { existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '../../lib/core/sys/directory.ts';
import {
  AT_FDCWD,
  close,
  O,
  open,
  pipe,
  tryMkdirAt,
  tryOpenAt,
  tryRead,
  writeAll,
} from '../../lib/core/sys/file.ts';
import { LOCK_EX, LOCK_NB, tryFlock } from '../../lib/core/sys/flock.ts';
import { POLLIN, poll } from '../../lib/core/sys/poll.ts';

const temporary = (): string => mkdtempSync(join(tmpdir(), 'proa-sys-'));

describe('system calls', () => {
  test('a failed call names the step, the object and the reason, with the errno as code', () => {
    expect(() => open('/nonexistent/file', O.RDONLY)).toThrow(
      expect.objectContaining({
        code: 'ENOENT',
        message: 'open /nonexistent/file: no such file or directory',
      }),
    );
  });

  test('a path with a NUL byte is refused instead of cut short', () => {
    expect(() => open('/etc/passwd\0.txt', O.RDONLY)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  test('what is written to a pipe is read from it', () => {
    const ends = pipe();
    writeAll(ends.write, Buffer.from('hello'));
    expect(poll([{ fd: ends.read, events: POLLIN }], 1000)[0]! & POLLIN).toBe(POLLIN);
    const buffer = Buffer.alloc(10);
    expect(tryRead(ends.read, buffer)).toBe(5);
    expect(buffer.toString('utf8', 0, 5)).toBe('hello');
    close(ends.read);
    close(ends.write);
  });

  test('a lock is held by the open file, not by the process', () => {
    const dir = temporary();
    const a = open(dir, O.RDONLY);
    const b = open(dir, O.RDONLY);
    expect(tryFlock(a, LOCK_EX | LOCK_NB)).toBe(0);
    expect(tryFlock(b, LOCK_EX | LOCK_NB)).toBe(-11);
    close(a);
    expect(tryFlock(b, LOCK_EX | LOCK_NB)).toBe(0);
    close(b);
    removeTree(dir);
  });

  test('removeTree removes names that are not UTF-8, and links without following them', () => {
    const dir = temporary();
    const elsewhere = temporary();
    const outside = join(elsewhere, 'kept');
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
    removeTree(elsewhere);
  });
});
