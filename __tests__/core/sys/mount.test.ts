import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import {
  FileSystemContext,
  MNT_DETACH,
  MS,
  mount,
  tryMount,
  tryUnmount,
} from '../../../lib/core/sys/mount.ts';
import { TemporaryFolder } from '../../helpers/temporary.ts';

/** Mounting is root's. */
const describeAsRoot = process.geteuid!() === 0 ? describe : describe.skip;

describeAsRoot('mounts (skipped for users)', () => {
  let folder: TemporaryFolder;
  let target: string;
  beforeEach(() => {
    folder = new TemporaryFolder();
    target = `${folder.path}/target`;
    mkdirSync(target);
  });
  afterEach(() => {
    while (tryUnmount(target, MNT_DETACH) === 0);
    folder[Symbol.dispose]();
  });
  /** Type and options of what is mounted at the target. */
  const mounted = (): string[] =>
    readFileSync('/proc/self/mounts', 'latin1')
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, where]) => where === target)
      .map(([, , type, options]) => `${type} ${options}`);

  test('mount(2) takes type, flags and data', () => {
    mount('tmpfs', target, 'tmpfs', MS.NOEXEC | MS.NODEV, 'size=64k,mode=700');
    expect(mounted()).toEqual([expect.stringMatching(/^tmpfs .*nodev.*noexec.*size=64k.*mode=700/)]);
    expect(() => writeFileSync(`${target}/big`, Buffer.alloc(100_000))).toThrow('ENOSPC');
    expect(tryUnmount(target)).toBe(0);
    expect(tryUnmount(target)).toBe(-22);
    expect(mounted()).toEqual([]);
  });

  test('a failure names the mount', () => {
    expect(() => mount('none', target, 'nosuchfs', 0)).toThrow(
      expect.objectContaining({
        code: 'ENODEV',
        message: expect.stringContaining(`mount nosuchfs on ${target}`),
      }),
    );
    expect(tryMount('/missing', target, '', MS.BIND)).toBe(-2);
  });

  test('unmounting never follows a link', () => {
    mount('tmpfs', target, 'tmpfs', 0);
    symlinkSync(target, `${folder.path}/link`);
    expect(tryUnmount(`${folder.path}/link`, MNT_DETACH)).toBe(-22);
    expect(mounted()).toHaveLength(1);
  });

  test('the mount API: options one by one, and the kernel says what it did not like', () => {
    using good = FileSystemContext.open('tmpfs') as FileSystemContext;
    expect([good.set('size', '64k'), good.mountAt(target, 0x8 /* MOUNT_ATTR_NOEXEC */)]).toEqual([0, 0]);
    expect(mounted()).toEqual([expect.stringMatching(/^tmpfs .*noexec.*size=64k/)]);
    using bad = FileSystemContext.open('tmpfs') as FileSystemContext;
    expect(bad.set('nonsense')).toBe(-22);
    expect(bad.message()).toMatch(/nonsense/);
    expect(FileSystemContext.open('nosuchfs')).toBe(-19);
  });
});
