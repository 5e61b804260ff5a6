import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rotateContainerLog } from '../../../lib/engine/container/log-rotation.ts';
import { bundlePath, logPath } from '../../../lib/storage/containers.ts';
import { exitedState, TestStore } from '../../helpers/container-records.ts';

let test_: TestStore;
beforeEach(() => {
  test_ = new TestStore();
});
afterEach(() => test_[Symbol.dispose]());

async function add(options: Record<string, string>) {
  const { config } = await test_.add({ logging: { driver: 'json-file', options } }, exitedState(0));
  const log = logPath(test_.store, config.id);
  return { id: config.id, log, rotate: () => rotateContainerLog(test_.engine, config.id) };
}

test('between two runs: the oldest goes, the rest moves up', async () => {
  const { log, rotate } = await add({ 'max-size': '10', 'max-file': '3' });
  await rotate();
  for (const text of ['first......', 'second.....', 'short', 'third......', 'fourth.....']) {
    appendFileSync(log, text);
    await rotate();
  }
  expect(existsSync(log)).toBe(false);
  expect(readFileSync(`${log}.1`, 'utf8')).toBe('fourth.....');
  expect(readFileSync(`${log}.2`, 'utf8')).toBe('shortthird......');
  expect(existsSync(`${log}.3`)).toBe(false);
});

test('a single file begins anew', async () => {
  const { log, rotate } = await add({ 'max-size': '10' });
  writeFileSync(log, 'many bytes.');
  await rotate();
  expect(existsSync(log)).toBe(false);
  expect(existsSync(`${log}.1`)).toBe(false);
});

test('conmon is asked to reopen, and asked again, without moving names twice', async () => {
  const { id, log, rotate } = await add({ 'max-size': '10', 'max-file': '3' });
  const bundle = bundlePath(test_.store, id);
  mkdirSync(bundle, { recursive: true });
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
