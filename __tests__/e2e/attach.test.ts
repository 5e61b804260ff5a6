// `attach` and `start --attach`.
import { writeFileSync } from 'node:fs';
import { eventually, linesOf } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  const states = () => machine.ok('ps', '-a', '--format={{.Names}} {{.State}}');

  test('shows what comes from now on, with the exit code', async () => {
    const file = `${await machine.makeFolder('gate')}/open`;
    const script =
      'echo early; until [ -e /gate/open ]; do sleep 0.02; done; echo late; echo err >&2; exit 9';
    const options = ['-d', '--name=talks', '--network=none', '-v', `${machine.folder}/gate:/gate`];
    await machine.ok('run', ...options, IMAGE, 'sh', '-c', script);
    await eventually(() => machine.ok('logs', 'talks'));
    const clients = [machine.start('attach', 'talks'), machine.start('attach', '--no-stdin', 'talks')];
    // The clients are there when conmon has them, which nothing tells.
    await Bun.sleep(300);
    writeFileSync(file, '');
    for (const client of clients) {
      expect(await new Response(client.stdout).text()).toBe('late\n');
      expect(await new Response(client.stderr).text()).toBe('err\n');
      expect(await client.exited).toBe(9);
    }
    expect(await machine.ok('logs', 'talks')).toBe('early\nlate');
    await machine.ok('rm', 'talks');
  });

  test('input of a container in the background', async () => {
    await machine.ok('run', '-di', '--name=listens', '--network=none', IMAGE, 'cat');
    const client = machine.start('attach', 'listens');
    client.stdin.write('by attach\n');
    client.stdin.flush();
    expect(await linesOf(client.stdout).next()).toBe('by attach');
    // The input of a container in the background outlives who attaches.
    client.stdin.end();
    expect(await Promise.race([client.exited, Bun.sleep(300)])).toBe(undefined);
    client.kill('SIGKILL');
    expect(await states()).toBe('listens running');
  });

  test('start --attach --interactive', async () => {
    await machine.ok('create', '-i', '--name=later', '--network=none', IMAGE, 'sh', '-c', 'cat; exit 4');
    const { code, out } = await machine.proaWith({ stdin: 'words\n' }, 'start', '-ai', 'later');
    expect({ code, out }).toEqual({ code: 4, out: 'words\n' });
    await machine.ok('rm', 'later');
  });

  test('to one that does not run', async () => {
    await machine.ok('create', '--name=idle', IMAGE);
    const { code, err } = await machine.proa('attach', 'idle');
    expect({ code, err }).toEqual({
      code: 1,
      err: 'Error: attach to container idle: it is not running\nproa start --attach idle\n',
    });
    await machine.ok('rm', 'idle');
  });
});
