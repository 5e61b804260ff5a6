import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bindMount } from '../../lib/oci/model/runtime-spec/mount-options.ts';
import { lockedMountFlags } from '../../lib/rootless/locked-mount-flags.ts';
import { Bundle, reasonToSkip } from '../oci/model/runtime-spec/bundle.ts';

describe('locked mount flags', () => {
  test('are those in the mount table', () => {
    const options = (at: string): string[] | undefined =>
      readFileSync('/proc/self/mounts', 'utf8')
        .split('\n')
        .map((line) => line.split(' '))
        .findLast(([, point]) => point === at)?.[3]
        ?.split(',');
    for (const path of ['/', '/proc', '/sys', '/dev', '/sys/fs/cgroup']) {
      const shown = options(path);
      if (shown === undefined) continue;
      const locking = ['ro', 'nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime'];
      expect(lockedMountFlags(path).sort()).toEqual(
        locking.filter((option) => shown.includes(option)).sort(),
      );
    }
  });

  const skip = process.geteuid!() === 0 ? reasonToSkip('runc', true) : 'needs root to mount';
  (skip === undefined ? test : test.skip)(
    `let a user namespace bind read-only what root mounted with them ${skip ? `(skipped: ${skip})` : ''}`,
    () => {
      using bundle = new Bundle();
      const source = mkdtempSync(join(tmpdir(), 'proa-locked-'));
      using stack = new DisposableStack();
      stack.defer(() => rmSync(source, { recursive: true }));
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'nosuid,nodev,noexec', 'tmpfs', source]);
      stack.defer(() => spawnSync('umount', [source]));
      writeFileSync(join(source, 'file'), 'hello');
      const mount = { source, destination: '/mnt', readonly: true };
      const run = (options: string[]): string =>
        bundle.run('runc', 'cat /mnt/file', { mounts: [bindMount({ ...mount, options })] }, true);
      expect(lockedMountFlags(source)).toEqual(['nosuid', 'nodev', 'noexec']);
      expect(run(lockedMountFlags(source))).toBe('hello');
    },
  );

  test('of a path that is not there is an error with its name', () => {
    expect(() => lockedMountFlags('/nonexistent')).toThrow(
      expect.objectContaining({ code: 'ENOENT', message: 'statfs /nonexistent: no such file or directory' }),
    );
  });
});
