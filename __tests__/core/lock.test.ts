import { fstatSync, mkdirSync, renameSync } from 'node:fs';
import { type Lock, lock, lockBriefly, tryLock } from '../../lib/core/lock.ts';
import { close, O, open } from '../../lib/core/sys/file.ts';
import { BunProcess, UNTIL_GO } from '../helpers/bun-process.ts';
import { TemporaryFolder } from '../helpers/temporary.ts';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

/** Another process that holds the folder's lock until it is told to go on (or is killed). */
async function holder(mode: 'exclusive' | 'shared', path = folder.path): Promise<BunProcess> {
  const script = `import { tryLock } from 'LIB/core/lock.ts';
    const held = tryLock(process.argv[1], process.argv[2]);
    console.log(held === undefined ? 'refused' : 'held');
    ${UNTIL_GO}
    held?.[Symbol.dispose]();
    console.log('free');
    await Bun.sleep(60_000);`;
  const other = new BunProcess(script, [path, mode]);
  expect(await other.line()).toBe('held');
  return other;
}

test('an exclusive lock keeps others out, a shared one only those who want it alone', async () => {
  {
    await using _ = await holder('exclusive');
    expect(tryLock(folder.path)).toBeUndefined();
    expect(tryLock(folder.path, 'shared')).toBeUndefined();
  }
  await using _ = await holder('shared');
  expect(tryLock(folder.path)).toBeUndefined();
  using mine = tryLock(folder.path, 'shared');
  expect(mine).toBeDefined();
});

test('who waits gets it when the holder lets go, and when the holder is killed', async () => {
  await using polite = await holder('exclusive');
  let got: Lock | undefined;
  const waiting = lock(folder.path).then((held) => {
    got = held;
  });
  await Bun.sleep(30);
  expect(got).toBeUndefined();
  polite.go();
  await waiting;
  expect(await polite.line()).toBe('free');
  got![Symbol.dispose]();

  const killed = await holder('exclusive');
  const next = lock(folder.path);
  await killed.kill();
  (await next)[Symbol.dispose]();
});

test('a folder that goes away while we wait for it is gone, not locked', async () => {
  const path = `${folder.path}/object`;
  mkdirSync(path);
  await using _ = await holder('exclusive', path);
  const waiting = lock(path);
  renameSync(path, `${folder.path}/grave`);
  await expect(waiting).rejects.toMatchObject({ code: 'ENOENT' });
});

test('one that was made again under the same name is another object', async () => {
  const path = `${folder.path}/object`;
  mkdirSync(path);
  await using _ = await holder('exclusive', path);
  const waiting = lock(path);
  renameSync(path, `${folder.path}/grave`);
  mkdirSync(path);
  using held = await waiting;
  expect(tryLock(path)).toBeUndefined();
  expect(fstatSync(held.fd).ino).not.toBe(0);
});

test('released twice, it closes its own descriptor only', () => {
  const held = tryLock(folder.path)!;
  held[Symbol.dispose]();
  const reused = open(folder.path, O.RDONLY | O.DIRECTORY);
  expect(reused).toBe(held.fd);
  held[Symbol.dispose]();
  expect(() => fstatSync(reused)).not.toThrow();
  close(reused);
});

test('a brief lock waits in the kernel, and a missing folder is no error', async () => {
  // The holder lets go by itself: this process does nothing else while it waits.
  const script = `import { tryLock } from 'LIB/core/lock.ts';
    const held = tryLock(process.argv[1]);
    console.log('held');
    await Bun.sleep(100);
    held[Symbol.dispose]();
    await Bun.sleep(60_000);`;
  await using other = new BunProcess(script, [folder.path]);
  await other.line();
  const start = performance.now();
  using held = lockBriefly(folder.path);
  expect(held).toBeDefined();
  expect(performance.now() - start).toBeGreaterThan(20);
  expect(tryLock(folder.path)).toBeUndefined();
  expect(lockBriefly(`${folder.path}/missing`)).toBeUndefined();
});
