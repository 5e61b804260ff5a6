import { BunProcess } from '../../helpers/bun-process.ts';

test('signals that come before the process is known are kept for it, later ones passed at once', async () => {
  const script = `import { processHandle } from 'LIB/core/process-handle.ts';
    import { SignalProxy } from 'LIB/commands/container/signals.ts';
    using proxy = new SignalProxy();
    const loop = 'trap "echo hup" HUP; trap "echo usr1" USR1; trap "echo term; exit 3" TERM; echo up; while :; do sleep 0.01; done';
    process.kill(process.pid, 'SIGHUP');
    const child = Bun.spawn(['sh', '-c', loop], { stdout: 'pipe' });
    const reader = child.stdout.getReader();
    const say = async () => process.stdout.write((await reader.read()).value);
    await say();
    await Bun.sleep(20);
    proxy.passTo(processHandle(child.pid));
    await say();
    process.kill(process.pid, 'SIGUSR1');
    await say();
    process.kill(process.pid, 'SIGTERM');
    await say();
    console.log(await child.exited);`;
  await using child = new BunProcess(script);
  const lines: string[] = [];
  for (let i = 0; i < 5; i++) lines.push(await child.line());
  expect(lines).toEqual(['up', 'hup', 'usr1', 'term', '3']);
});

test('disposed, a signal is for us again', async () => {
  const script = `import { SignalProxy } from 'LIB/commands/container/signals.ts';
    { using proxy = new SignalProxy(); }
    process.kill(process.pid, 'SIGTERM');
    await Bun.sleep(5000);`;
  await using child = new BunProcess(script);
  expect(await child.exited).toBe(143);
});
