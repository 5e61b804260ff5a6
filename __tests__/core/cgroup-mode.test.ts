import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CGROUP_ROOT, cgroupMode, unifiedControllers } from '../../lib/core/cgroup-mode.ts';

describe('the cgroup layout', () => {
  test('of this host is what its mount table says', () => {
    const mounts = readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' '));
    const typeAt = (dir: string): string | undefined => mounts.findLast(([, at]) => at === dir)?.[2];
    const expected =
      typeAt(CGROUP_ROOT) === 'cgroup2'
        ? 'v2'
        : typeAt(CGROUP_ROOT) !== 'tmpfs'
          ? 'none'
          : typeAt(`${CGROUP_ROOT}/unified`) === 'cgroup2'
            ? 'hybrid'
            : 'v1';
    expect(cgroupMode()).toBe(expected);
  });

  test('none where nothing is mounted', () => {
    expect(cgroupMode('/nonexistent')).toBe('none');
    expect(cgroupMode('/proc')).toBe('none');
  });

  test('controllers are words; no file, no controllers', () => {
    const dir = mkdtempSync(join(tmpdir(), 'proa-cgroup-'));
    writeFileSync(join(dir, 'cgroup.controllers'), 'cpu io memory\n');
    expect(unifiedControllers(dir)).toEqual(['cpu', 'io', 'memory']);
    writeFileSync(join(dir, 'cgroup.controllers'), '\n');
    expect(unifiedControllers(dir)).toEqual([]);
    rmSync(dir, { recursive: true });
    expect(unifiedControllers(dir)).toEqual([]);
  });
});
