import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { limitLog, rotateLog } from '../../../lib/engine/container/log-rotation.ts';
import { bundlePath, logPath } from '../../../lib/storage/containers.ts';
import { eventually } from '../../e2e/support/child.ts';
import { exitedState, TestStore } from '../../helpers/container-records.ts';

let test_: TestStore;
beforeEach(() => {
  test_ = new TestStore();
});
afterEach(() => test_[Symbol.dispose]());

async function add(options: Record<string, string>) {
  const { config } = await test_.add({ logging: { driver: 'json-file', options } }, exitedState(0));
  const { id } = config;
  const bundle = bundlePath(test_.store, id);
  mkdirSync(bundle, { recursive: true });
  /** What a start does before its conmon opens the log. */
  const start = (): void => {
    rmSync(`${bundle}/log-limit.10`, { force: true });
    limitLog(test_.engine, config);
  };
  return { bundle, log: logPath(test_.store, id), start, rotate: () => rotateLog(test_.engine, id) };
}

test('between two runs: the oldest goes, the rest moves up', async () => {
  const { bundle, log, start, rotate } = await add({ 'max-size': '10', 'max-file': '3' });
  start();
  for (const text of ['first......', 'second.....', 'short', 'third......', 'fourth.....']) {
    appendFileSync(log, text);
    // Nobody writes: that is left to the next start.
    await rotate();
    expect(existsSync(log)).toBe(true);
    start();
  }
  expect(existsSync(log)).toBe(false);
  expect(readFileSync(`${log}.1`, 'utf8')).toBe('fourth.....');
  expect(readFileSync(`${log}.2`, 'utf8')).toBe('shortthird......');
  expect(existsSync(`${log}.3`)).toBe(false);
  // The watcher goes when nothing is to be watched any more.
  expect(existsSync(`${test_.runRoot}/log-watch.lock`)).toBe(true);
  rmSync(bundle, { recursive: true });
  expect(
    await eventually(
      () => existsSync(`${test_.runRoot}/log-watch.lock`),
      (there) => !there,
    ),
  ).toBe(false);
});

test('a single file begins anew', async () => {
  const { bundle, log, start } = await add({ 'max-size': '10' });
  writeFileSync(log, 'many bytes.');
  start();
  expect(existsSync(log)).toBe(false);
  expect(existsSync(`${log}.1`)).toBe(false);
  rmSync(bundle, { recursive: true });
});

test('conmon is asked to reopen, and asked again, without moving names twice', async () => {
  const { bundle, log, rotate } = await add({ 'max-size': '10', 'max-file': '3' });
  execFileSync('mkfifo', [`${bundle}/ctl`]);
  // In conmon's place, one that hears and does nothing.
  const child = Bun.spawn(['sh', '-c', `exec sleep 60 3<>"$1"`, 'sh', `${bundle}/ctl`]);
  writeFileSync(`${bundle}/conmon.pid`, String(child.pid));
  const reader = Bun.spawn(['sh', '-c', `head -n 2 "$1"`, 'sh', `${bundle}/ctl`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    writeFileSync(log, 'many bytes.');
    writeFileSync(`${log}.1`, 'older');
    await Bun.sleep(100);
    const twice = (async () => {
      await rotate();
      await rotate();
    })();
    expect(await new Response(reader.stdout).text()).toBe('2 0 0\n2 0 0\n');
    // Rotation ends its wait when conmon is gone.
    child.kill();
    await twice;
    expect(readFileSync(log, 'utf8')).toBe('many bytes.');
    expect(readFileSync(`${log}.1`, 'utf8')).toBe('many bytes.');
    expect(readFileSync(`${log}.2`, 'utf8')).toBe('older');
  } finally {
    child.kill();
    reader.kill();
    await Promise.all([child.exited, reader.exited]);
  }
}, 15_000);
