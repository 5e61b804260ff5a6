import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spaceOf } from '../../lib/core/disk-space.ts';

test('what du says: of files, holes, links, folders and what is not there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'proa-space-'));
  try {
    mkdirSync(`${folder}/a/b`, { recursive: true });
    writeFileSync(`${folder}/a/small`, 'x');
    writeFileSync(`${folder}/a/b/large`, Buffer.alloc(100_000, 1));
    linkSync(`${folder}/a/b/large`, `${folder}/a/again`);
    symlinkSync('small', `${folder}/a/short`);
    symlinkSync('x'.repeat(200), `${folder}/a/long`);
    writeFileSync(`${folder}/hole`, '');
    truncateSync(`${folder}/hole`, 1 << 30);
    for (const path of ['', '/a', '/a/small', '/a/b', '/a/long', '/hole']) {
      const du = execFileSync('du', ['-s', '-x', '--block-size=1', `${folder}${path}`], { encoding: 'utf8' });
      expect([path, spaceOf(`${folder}${path}`)]).toEqual([path, Number(du.split('\t')[0])]);
    }
    expect(spaceOf(`${folder}/a/small`)).toBeGreaterThan(1);
    expect(spaceOf(`${folder}/nothing`)).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
