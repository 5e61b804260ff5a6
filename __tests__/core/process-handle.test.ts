import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { isAlive, processHandle, signalProcess, waitForExit } from '../../lib/core/process-handle.ts';
import { TemporaryFolder } from '../helpers/temporary.ts';

function sleeper(program = 'sleep') {
  const child = Bun.spawn([program, '600'], { stdio: ['ignore', 'ignore', 'ignore'] });
  return {
    child,
    pid: child.pid,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await child.exited;
    },
  };
}

test('the start time is the one that ps knows', async () => {
  await using child = sleeper();
  const { pid, startTime } = processHandle(child.pid)!;
  const ticks = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout);
  const seconds = Number(spawnSync('ps', ['-o', 'etimes=', '-p', `${pid}`], { encoding: 'utf8' }).stdout);
  const uptime = Number((await Bun.file('/proc/uptime').text()).split(' ')[0]);
  expect(Math.abs(uptime - startTime / ticks - seconds)).toBeLessThan(2);
});

test('a name with spaces and parentheses does not shift the fields', async () => {
  using folder = new TemporaryFolder();
  const odd = `${folder.path}/a) S (1 2`;
  copyFileSync('/bin/sleep', odd);
  await using plain = sleeper();
  await using child = sleeper(odd);
  const [before, handle] = [processHandle(plain.pid)!, processHandle(child.pid)!];
  expect(handle.startTime).toBeGreaterThanOrEqual(before.startTime);
  expect(handle.startTime - before.startTime).toBeLessThan(500);
  expect(isAlive(handle)).toBe(true);
});

test('another process that has the pid by now is neither alive for us nor signalled', async () => {
  await using child = sleeper();
  const handle = processHandle(child.pid)!;
  const before = { ...handle, startTime: handle.startTime - 1 };
  expect(isAlive(before)).toBe(false);
  expect(signalProcess(before, 9)).toBe(false);
  expect(await waitForExit(before, Number.POSITIVE_INFINITY)).toBe(true);
  expect(isAlive(handle)).toBe(true);
  expect(signalProcess(handle, 15)).toBe(true);
  expect(await child.child.exited).toBe(143);
  expect([isAlive(handle), signalProcess(handle, 15), processHandle(handle.pid)]).toEqual([
    false,
    false,
    undefined,
  ]);
});

test('a zombie is dead', async () => {
  // The shell's child ends and is never waited for by what the shell becomes.
  const parent = Bun.spawn(['sh', '-c', 'sleep 0 & echo $!; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { value } = await parent.stdout.getReader().read();
  const pid = Number(Buffer.from(value!).toString());
  const state = async () => (await Bun.file(`/proc/${pid}/stat`).text()).split(') ')[1]![0];
  for (let i = 0; i < 200 && (await state()) !== 'Z'; i++) await Bun.sleep(5);
  expect(await state()).toBe('Z');
  expect(processHandle(pid)).toBeUndefined();
  parent.kill('SIGKILL');
  await parent.exited;
});

test('waiting ends with the process, or with the patience', async () => {
  await using child = sleeper();
  const handle = processHandle(child.pid)!;
  const start = performance.now();
  expect(await waitForExit(handle, 40)).toBe(false);
  expect(performance.now() - start).toBeGreaterThanOrEqual(39);
  setTimeout(() => child.child.kill('SIGKILL'), 30);
  expect(await waitForExit(handle, 10_000)).toBe(true);
  expect(performance.now() - start).toBeLessThan(2000);
});

test('no pid is no process', () => {
  expect(isAlive(undefined)).toBe(false);
  expect(isAlive({ pid: 0, startTime: 0 })).toBe(false);
  expect(isAlive({ pid: -1, startTime: 0 })).toBe(false);
});
