import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { processHandle } from '../../../lib/core/process-handle.ts';
import { type ContainerConfig, logPath } from '../../../lib/storage/containers.ts';
import { exitedState, runningState, TestStore } from '../../helpers/container-records.ts';
import { proa, proaArgs } from '../../helpers/proa.ts';

let test_: TestStore;
beforeEach(() => {
  test_ = new TestStore();
});
afterEach(() => test_[Symbol.dispose]());

const TIME = '2024-03-01T10:00:00.120000000+00:00';

async function add(
  name: string,
  log: string,
  state = exitedState(0),
  more: Partial<ContainerConfig> = {},
): Promise<string> {
  const { config } = await test_.add({ name, ...more }, state);
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

test('a large log in little memory', async () => {
  const id = await add('c', '');
  const block = `${TIME} stdout F ${'x'.repeat(100)}\n`.repeat(10_000);
  for (let i = 0; i < 120; i++) appendFileSync(logPath(test_.store, id), block);
  const child = Bun.spawn(proaArgs(test_, 'logs', '-f', 'c'), { stdio: ['ignore', 'pipe', 'inherit'] });
  let bytes = 0;
  let peak = 0;
  for await (const chunk of child.stdout) {
    bytes += chunk.length;
    // Near its end; what wait4(2) tells would count this process too, as of before the exec.
    if (peak > 0 || bytes < 120e6) continue;
    peak = Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'latin1'))?.[1]) * 1024;
  }
  expect(bytes).toBe(120 * 10_000 * 101);
  // The log has 175 MB.
  expect(peak).toBeGreaterThan(1e6);
  expect(peak).toBeLessThan(100e6);
});

test('what rotation set aside comes first', async () => {
  const id = await add('c', `${TIME} stdout F three\n`, undefined, {
    logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
  });
  const log = logPath(test_.store, id);
  writeFileSync(`${log}.1`, `${TIME} stdout F two\n`);
  writeFileSync(`${log}.2`, `${TIME} stdout F one\n`);
  writeFileSync(`${log}.3`, `${TIME} stdout F beyond what is kept\n`);
  expect((await proa(test_, 'logs', 'c')).out).toBe('one\ntwo\nthree\n');
  expect((await proa(test_, 'logs', '--tail', '2', 'c')).out).toBe('two\nthree\n');
});

test('several are merged by time, pieces of a line together', async () => {
  const record = (second: number, tag: string, text: string) =>
    `2024-03-01T10:00:0${second}.000000000+00:00 stdout ${tag} ${text}\n`;
  await add('a', record(1, 'F', '1') + record(3, 'P', '3') + record(5, 'F', '+5') + record(7, 'F', '7'));
  await add(
    'b',
    record(2, 'F', '2').replace('T10:00', 'T12:30').replace('+00:00', '+02:30') + record(4, 'F', '4'),
  );
  expect((await proa(test_, 'logs', '--names', 'a', 'b')).out).toBe('a 1\nb 2\na 3+5\nb 4\na 7\n');
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
