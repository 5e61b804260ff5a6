import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { makeFolderInRoot, openInRoot, pathInRoot, readInRoot } from '../../lib/core/rooted.ts';
import { O } from '../../lib/core/sys/file.ts';
import { TemporaryFolder } from '../helpers/temporary.ts';

let folder: TemporaryFolder;
let root: string;
beforeEach(() => {
  folder = new TemporaryFolder();
  root = `${folder.path}/root`;
  mkdirSync(`${root}/etc`, { recursive: true });
  writeFileSync(`${root}/etc/passwd`, 'inside');
  writeFileSync(`${folder.path}/secret`, 'outside');
});
afterEach(() => folder[Symbol.dispose]());

test.each([
  ['/etc/passwd', 'inside'],
  ['etc/passwd', 'inside'],
  ['/../../etc/passwd', 'inside'],
  ['/link-absolute', 'inside'],
  ['/link-up', 'inside'],
  ['/link-out', undefined],
  ['/etc/passwd/x', undefined],
  ['/missing', undefined],
])('%s is read as seen from inside', (file, text) => {
  symlinkSync('/etc/passwd', `${root}/link-absolute`);
  symlinkSync('../../../../../etc/passwd', `${root}/link-up`);
  symlinkSync('../secret', `${root}/link-out`);
  expect(readInRoot(root, file)).toBe(text);
});

test('a link of /proc that would lead anywhere is refused', () => {
  expect(() => openInRoot('/', '/proc/self/root/etc', O.PATH)).toThrow(
    expect.objectContaining({ code: 'ELOOP' }),
  );
});

test('what is no ordinary file, or is too large, is refused and not opened', () => {
  const unsafe = expect.objectContaining({ code: 'UNSAFE_FILE' });
  spawnSync('mkfifo', [`${root}/etc/group`]);
  expect(() => readInRoot(root, '/etc/group')).toThrow(unsafe);
  expect(() => readInRoot(root, '/etc')).toThrow(unsafe);
  expect(() => readInRoot('/', '/dev/zero')).toThrow(unsafe);
  spawnSync('truncate', ['-s', '1T', `${root}/etc/hosts`]);
  expect(() => readInRoot(root, '/etc/hosts')).toThrow(unsafe);
});

test('where links lead to inside', () => {
  symlinkSync('/etc', `${root}/to`);
  expect(pathInRoot(root, '/to/passwd')).toBe('/etc/passwd');
  expect(pathInRoot(root, '/to/../../..')).toBe('/');
  expect(pathInRoot(root, '/to/nobody')).toBeUndefined();
});

test('the path of an open file leads to it, whatever takes its name', () => {
  using file = openInRoot(root, '/etc/passwd', O.RDONLY)!;
  spawnSync('mv', [`${root}/etc`, `${root}/moved`]);
  expect(readFileSync(file.path, 'utf8')).toBe('inside');
});

test('folders are made inside, through links too', () => {
  mkdirSync(`${root}/real`);
  symlinkSync('/real', `${root}/absolute`);
  symlinkSync(`${folder.path}`, `${root}/host`);
  mkdirSync(`${root}${folder.path}`, { recursive: true });
  makeFolderInRoot(root, '/absolute/a/./b');
  makeFolderInRoot(root, '/../up//c/', 0o700);
  makeFolderInRoot(root, '/host/d');
  makeFolderInRoot(root, '/absolute/a/b');
  expect(existsSync(`${root}/real/a/b`)).toBe(true);
  expect(statSync(`${root}/up/c`).mode & 0o777).toBe(0o700);
  expect(existsSync(`${root}${folder.path}/d`)).toBe(true);
  expect(readdirSync(folder.path).sort()).toEqual(['root', 'secret']);
});

test.each(['/etc/passwd/x', '/dangling/x'])('no folder can be made at %s', (path) => {
  symlinkSync('/nowhere', `${root}/dangling`);
  expect(() => makeFolderInRoot(root, path)).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
  expect(existsSync(`${root}/nowhere`)).toBe(false);
});
