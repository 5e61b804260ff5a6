import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { close, O, open } from '../../../lib/core/sys/file.ts';
import { mount } from '../../../lib/core/sys/mount.ts';
import { MountNamespace } from '../../../lib/core/sys/mount-namespace.ts';

const asRoot = process.geteuid!() === 0 ? test : test.skip;

describe('a mount namespace of our own (skipped without root)', () => {
  asRoot('what is mounted in it is seen through a descriptor alone, and goes with it', () => {
    const folder = mkdtempSync(`${tmpdir()}/mounts-`);
    const here = process.cwd();
    const namespace = MountNamespace.create();
    const fd = namespace.run(() => {
      mount('none', folder, 'tmpfs', 0);
      mkdirSync(`${folder}/inner`);
      mount('none', `${folder}/inner`, 'tmpfs', 0);
      mkdirSync(`${folder}/inner/deep`);
      return open(folder, O.PATH | O.DIRECTORY);
    });
    try {
      expect(process.cwd()).toBe(here);
      expect(readdirSync('.')).toEqual(readdirSync(here));
      expect(readdirSync(folder)).toEqual([]);
      expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(folder);
      expect(readdirSync(`/proc/self/fd/${fd}/inner`)).toEqual(['deep']);
      expect(namespace.run(() => existsSync(`${folder}/inner/deep`))).toBe(true);
      namespace[Symbol.dispose]();
      expect(readdirSync(`/proc/self/fd/${fd}/inner`)).toEqual([]);
    } finally {
      close(fd);
      rmSync(folder, { recursive: true });
    }
  });

  asRoot('a failure in it leads back', () => {
    const before = readFileSync('/proc/self/mountinfo', 'utf8');
    using namespace = MountNamespace.create();
    expect(() =>
      namespace.run(() => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(before);
  });
});
