import { writeFileSync } from 'node:fs';
import { processHandle } from '../../../lib/core/process-handle.ts';
import { logPath } from '../../../lib/storage/containers.ts';
import { exitedState, runningState, TestStore } from '../../helpers/container-records.ts';
import { proa, proaArgs } from '../../helpers/proa.ts';

let test_: TestStore;
beforeEach(() => {
  test_ = new TestStore();
});
afterEach(() => test_[Symbol.dispose]());

const TIME = '2024-03-01T10:00:00.120000000+00:00';

async function add(name: string, log: string, state = exitedState(0)): Promise<string> {
  const { config } = await test_.add({ name }, state);
  writeFileSync(logPath(test_.store, config.id), log);
  return config.id;
}

test('each stream to its own descriptor', async () => {
  await add('c', `${TIME} stdout F out\n${TIME} stderr F err\n${TIME} stdout P pie\n${TIME} stdout F ce\n`);
  expect(await proa(test_, 'logs', 'c')).toEqual({ code: 0, out: 'out\npiece\n', err: 'err\n' });
  expect((await proa(test_, 'logs', '-n', '1', 'c')).out).toBe('piece\n');
  expect((await proa(test_, 'container', 'logs', '-t', 'c')).out).toBe(
    '2024-03-01T10:00:00.120000000Z out\n2024-03-01T10:00:00.120000000Z piece\n',
  );
});

test('in one file, the streams keep their order', async () => {
  await add('c', ['stdout F 1', 'stderr F 2', 'stdout F 3'].map((text) => `${TIME} ${text}\n`).join(''));
  const command = `exec ${proaArgs(test_, 'logs', 'c').join(' ')} 2>&1`;
  const child = Bun.spawn(['sh', '-c', command], { stdio: ['ignore', 'pipe', 'inherit'] });
  expect(await new Response(child.stdout).text()).toBe('1\n2\n3\n');
});

test('times of another zone are shown in UTC', async () => {
  await add('c', '2024-03-01T10:00:00.120000000+02:00 stdout F x\n');
  expect((await proa(test_, 'logs', '--timestamps', 'c')).out).toBe('2024-03-01T08:00:00.120000000Z x\n');
});

test('several containers, by id, by name, in colour', async () => {
  const a = await add('a', `${TIME} stdout F one\n`);
  const b = await add('b', `${TIME} stdout F two\n`);
  expect((await proa(test_, 'logs', 'a', 'b')).out).toBe(`${a.slice(0, 12)} one\n${b.slice(0, 12)} two\n`);
  expect((await proa(test_, 'logs', '--names', 'b', 'a')).out).toBe('b two\na one\n');
  expect((await proa(test_, 'logs', '--names', '--color', 'a')).out).toBe('\x1b[38;5;2ma one\x1b[0m\n');
});

test('a long log through a pipe, whole', async () => {
  const lines = Array.from({ length: 60_000 }, (_, i) => `line ${i}`);
  await add('c', lines.map((line) => `${TIME} stdout F ${line}\n`).join(''));
  expect((await proa(test_, 'logs', 'c')).out).toBe(`${lines.join('\n')}\n`);
  // A reader that leaves early is no error to tell of.
  const command = `${proaArgs(test_, 'logs', 'c').join(' ')} | head -n 1`;
  const child = Bun.spawn(['sh', '-c', command], { stdio: ['ignore', 'pipe', 'pipe'] });
  expect(await new Response(child.stdout).text()).toBe('line 0\n');
  expect(await new Response(child.stderr).text()).toBe('');
});

test('following several until they end', async () => {
  const child = Bun.spawn(['sleep', '60']);
  await add('a', `${TIME} stdout F one\n`, { ...runningState(processHandle(child.pid)) });
  await add('b', `${TIME} stdout F two\n`);
  const running = proa(test_, 'logs', '-f', '--names', 'a', 'b');
  const early = await Promise.race([running, Bun.sleep(400)]);
  expect(early).toBeUndefined();
  child.kill(9);
  const { out, code } = await running;
  expect(out.split('\n').sort()).toEqual(['', 'a one', 'b two']);
  expect(code).toBe(0);
});

test.each([
  [['nobody'], 'no such container'],
  [['--tail', 'many', 'c'], '--tail'],
  [['--since', 'yesterday', 'c'], '--since'],
])('%j ends with 1', async (args, words) => {
  await add('c', '');
  const { err, code } = await proa(test_, 'logs', ...args);
  expect(err).toContain(words);
  expect(code).toBe(1);
});
