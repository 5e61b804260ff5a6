// The modes that chmod(1) gives the same words.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parseModeChange } from '../../lib/build/file-mode.ts';

const WORDS = [
  ...[
    '755',
    '0644',
    '7777',
    'u=rwX,go=rX',
    'a+x',
    '+x',
    'go-rwx',
    'u+s',
    'g+s,o+t',
    'ug=o',
    'o=g-w',
    'a=',
    'u=x,g=u',
  ],
  ...['+X', 'a-x+X', 'u-x,g+w,o=r', '=rw', 'g=s', 'u=rws'],
];

test('chmod(1) agrees, for files and for folders', () => {
  const folder = mkdtempSync(`${tmpdir()}/mode-`);
  const umask = process.umask(0);
  try {
    writeFileSync(`${folder}/file`, '');
    mkdirSync(`${folder}/folder`);
    for (const words of WORDS) {
      const change = parseModeChange(words);
      for (const [name, isFolder] of [
        ['file', false],
        ['folder', true],
      ] as const) {
        for (const mode of [0o644, 0o755, 0o600, 0o2750, 0o1777]) {
          // chmod(1) leaves a folder's set-id bits alone unless it is told them in so many digits; a file's mode says all.
          if (isFolder && /^\d/.test(words)) continue;
          chmodSync(`${folder}/${name}`, mode);
          Bun.spawnSync(['chmod', words, name], { cwd: folder });
          const expected = statSync(`${folder}/${name}`).mode & 0o7777;
          expect([words, name, mode.toString(8), change(mode, isFolder).toString(8)]).toEqual([
            words,
            name,
            mode.toString(8),
            expected.toString(8),
          ]);
        }
      }
    }
  } finally {
    process.umask(umask);
    rmSync(folder, { recursive: true });
  }
});

test('octal is the mode itself', () => {
  expect(parseModeChange('2710')(0o1777, true)).toBe(0o2710);
});

test.each(['', '888', '77777', 'u', 'x+u', 'u+y', 'u+x,', 'rwx', '-1'])('%j is refused', (text) => {
  expect(() => parseModeChange(text)).toThrow(
    `use --chmod=${text}: neither octal nor a change as chmod(1) has it`,
  );
});
