import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { vcsFacts } from '../../../lib/engine/build/vcs.ts';

const withGit = Bun.which('git') === null ? test.skip : test;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(`${tmpdir()}/vcs-`);
});
afterEach(() => rmSync(folder, { recursive: true }));

const git = (at: string, ...words: string[]): string =>
  execFileSync('git', ['-C', at, '-c', 'user.name=A', '-c', 'user.email=a@b.c', ...words], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();

withGit('the commit and the remote, by whatever file git keeps them in; never a password', () => {
  const work = `${folder}/work`;
  mkdirSync(`${work}/sub`, { recursive: true });
  git(work, 'init', '-q');
  git(work, 'remote', 'add', 'origin', 'https://someone:secret@example.com/team/app.git');
  writeFileSync(`${work}/f`, 'x');
  git(work, 'add', 'f');
  git(work, 'commit', '-qm', 'first');
  const facts = { source: 'https://example.com/team/app.git', revision: git(work, 'rev-parse', 'HEAD') };
  expect(vcsFacts(work)).toEqual(facts);
  expect(vcsFacts(`${work}/sub`)).toEqual(facts);
  git(work, 'pack-refs', '--all');
  expect(vcsFacts(work)).toEqual(facts);
  git(work, 'worktree', 'add', '-q', `${folder}/other`, '-b', 'branch');
  expect(vcsFacts(`${folder}/other`)).toEqual(facts);
  git(work, 'checkout', '-q', '--detach');
  expect(vcsFacts(work)).toEqual(facts);
});

test('a folder that git does not know, and files that are not git’s', () => {
  mkdirSync(`${folder}/.git`);
  writeFileSync(`${folder}/.git/HEAD`, 'ref: refs/../../../etc/passwd');
  expect(vcsFacts(folder)).toEqual({});
});
