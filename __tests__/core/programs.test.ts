import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, packageOf, tryFindProgram } from '../../lib/core/programs.ts';

describe('finding programs', () => {
  let dir: string;
  const path = process.env.PATH;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'proa-programs-'));
    writeFileSync(join(dir, 'helper'), '');
    chmodSync(join(dir, 'helper'), 0o755);
    writeFileSync(join(dir, 'data'), '');
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(dir, { recursive: true });
  });

  test('in PATH, by its absolute path', () => {
    process.env.PATH = `/nonexistent:${dir}`;
    expect(findProgram('helper')).toBe(join(dir, 'helper'));
  });

  test('in folders given, before PATH', () => {
    expect(findProgram('helper', { extraDirs: [dir] })).toBe(join(dir, 'helper'));
  });

  test('in the usual folders when PATH is empty', () => {
    process.env.PATH = '';
    expect(findProgram('sh')).toBe('/usr/bin/sh');
  });

  test('never by a relative PATH entry, and never a file that cannot be run', () => {
    const cwd = process.cwd();
    process.chdir(dir);
    try {
      process.env.PATH = `.::${dir}`;
      expect(tryFindProgram('data')).toBeUndefined();
      process.env.PATH = '.:';
      expect(tryFindProgram('helper')).toBeUndefined();
    } finally {
      process.chdir(cwd);
    }
  });

  test('what is configured alone counts', () => {
    expect(findProgram('crun', { configured: join(dir, 'helper') })).toBe(join(dir, 'helper'));
    expect(() => findProgram('sh', { configured: join(dir, 'gone') })).toThrow(
      expect.objectContaining({
        code: 'PROGRAM_MISSING',
        message: `find sh: ${join(dir, 'gone')}: no such program`,
      }),
    );
  });

  test('a missing one is named with its package', () => {
    process.env.PATH = dir;
    expect(() => findProgram('proa-no-such-helper')).toThrow(
      expect.objectContaining({
        code: 'PROGRAM_MISSING',
        message: 'find proa-no-such-helper: not installed',
        hint: 'apt-get install proa-no-such-helper',
      }),
    );
    expect(['newuidmap', 'pasta', 'nft', 'nsenter', 'conmon'].map(packageOf)).toEqual([
      'uidmap',
      'passt',
      'nftables',
      'util-linux',
      'conmon',
    ]);
  });
});
