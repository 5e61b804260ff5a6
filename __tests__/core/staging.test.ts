import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { tryLock } from '../../lib/core/lock.ts';
import { discard, Staging, sweep } from '../../lib/core/staging.ts';
import { BunProcess, UNTIL_GO } from '../helpers/bun-process.ts';
import { TemporaryFolder } from '../helpers/temporary.ts';

let folder: TemporaryFolder;
let tmp: string;
beforeEach(() => {
  folder = new TemporaryFolder();
  tmp = `${folder.path}/tmp`;
  mkdirSync(tmp);
});
afterEach(() => folder[Symbol.dispose]());

test('published, it stands whole under its name and is still locked', () => {
  const target = `${folder.path}/object`;
  using staging = Staging.open(tmp, 'a');
  writeFileSync(`${staging.path}/file`, 'x');
  expect(existsSync(target)).toBe(false);
  {
    using _ = staging.publish(target, { sync: true });
    expect(tryLock(target)).toBeUndefined();
  }
  expect(readdirSync(target)).toEqual(['file']);
  expect(readdirSync(tmp)).toEqual([]);
  tryLock(target)![Symbol.dispose]();
});

test('given up, nothing is left; a name that is taken keeps what it has', () => {
  const target = `${folder.path}/object`;
  mkdirSync(`${target}/theirs`, { recursive: true });
  {
    using staging = Staging.open(tmp, 'a');
    mkdirSync(`${staging.path}/ours`);
    expect(() => staging.publish(target)).toThrow(expect.objectContaining({ code: 'EEXIST' }));
  }
  expect(readdirSync(tmp)).toEqual([]);
  expect(readdirSync(target)).toEqual(['theirs']);
});

test('a sweep takes what has lost its maker, and leaves what is made', async () => {
  const script = `import { Staging } from 'LIB/core/staging.ts';
    Staging.open(process.argv[1], 'theirs');
    console.log('made');
    ${UNTIL_GO}`;
  await using other = new BunProcess(script, [tmp]);
  await other.line();
  using _ = Staging.open(tmp, 'ours', 'shared');
  mkdirSync(`${tmp}/orphan/deep`, { recursive: true });
  writeFileSync(`${tmp}/fresh`, '');
  writeFileSync(`${tmp}/stale`, '');
  const twoHoursAgo = Date.now() / 1000 - 7200;
  utimesSync(`${tmp}/stale`, twoHoursAgo, twoHoursAgo);
  expect(sweep(tmp).sort()).toEqual(['orphan', 'stale']);
  await other.kill();
  expect(sweep(tmp)).toEqual(['theirs']);
  expect(readdirSync(tmp).sort()).toEqual(['fresh', 'ours']);
});

test('a sweeper that is always there takes nothing from a maker', async () => {
  const script = `import { sweep } from 'LIB/core/staging.ts';
    console.log('sweeping');
    for (;;) sweep(process.argv[1]);`;
  await using sweeper = new BunProcess(script, [tmp]);
  await sweeper.line();
  const end = performance.now() + 250;
  let made = 0;
  while (performance.now() < end) {
    using staging = Staging.open(tmp, `object-${made}`);
    writeFileSync(`${staging.path}/file`, 'x');
    staging.publish(`${folder.path}/object-${made}`)[Symbol.dispose]();
    expect(existsSync(`${folder.path}/object-${made}/file`)).toBe(true);
    made++;
  }
  expect(made).toBeGreaterThan(10);
});

test('what is discarded is out of sight and gone', () => {
  mkdirSync(`${folder.path}/object/deep`, { recursive: true });
  discard(`${folder.path}/object`, tmp);
  expect(existsSync(`${folder.path}/object`)).toBe(false);
  expect(readdirSync(tmp)).toEqual([]);
});
