import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { mergedChanges } from '../../lib/storage/merged-changes.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'merged-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A layer's folder with these files. */
function layer(name: string, files: Record<string, string>): string {
  const path = join(folder, name);
  mkdirSync(path);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), text);
    utimesSync(join(path, file), 1, 1);
  }
  return path;
}

function changes(after: string[], before: string[]): string[] {
  return [...mergedChanges(after, before, 'trusted')].map(({ kind, path }) => `${kind} ${path}`);
}

test('what an upper layer hides does not count, and folders are merged', () => {
  const base = layer('base', { 'etc/a': '1', 'etc/b': '1', 'usr/x': '1' });
  const top = layer('top', { 'etc/a': '22', 'new/deep/file': '' });
  expect(changes([top, base], [base])).toEqual([
    'changed etc',
    'changed etc/a',
    'added new',
    'added new/deep',
    'added new/deep/file',
  ]);
  expect(changes([base], [top, base])).toEqual(['changed etc', 'changed etc/a', 'deleted new']);
});

test('equal files of different layers are no change', () => {
  const one = layer('one', { 'a/b': 'same' });
  const two = join(folder, 'two');
  cpSync(one, two, { recursive: true, preserveTimestamps: true });
  expect(changes([one], [two])).toEqual([]);
});

test('a folder in place of a file, and the other way round', () => {
  const files = layer('files', { x: 'text' });
  const folders = layer('folders', { 'x/inside': '' });
  expect(changes([folders], [files])).toEqual(['changed x', 'added x/inside']);
  expect(changes([files], [folders])).toEqual(['changed x']);
});

test('names of any bytes, in the order of their bytes', () => {
  const some = layer('some', { ü: '', z: '', 'a b': '' });
  expect(changes([some], [layer('none', {})])).toEqual([
    'added a b',
    'added z',
    `added ${Buffer.from('ü').toString('latin1')}`,
  ]);
});
