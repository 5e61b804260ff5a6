// port: where a container's ports are published.
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  test('all, one, one of another protocol, --all and --latest', async () => {
    const options = ['-p=127.0.0.1::80', '-p=127.0.0.1::53/udp', '-p=0.0.0.0::80'];
    const id = await machine.ok('run', '-d', '--name=serves', ...options, IMAGE, 'sleep', '1000');
    const lines = (await machine.ok('port', 'serves')).split('\n');
    expect(lines).toEqual([
      expect.stringMatching(/^53\/udp -> 127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^80\/tcp -> (127\.0\.0\.1|0\.0\.0\.0):\d+$/),
      expect.stringMatching(/^80\/tcp -> (127\.0\.0\.1|0\.0\.0\.0):\d+$/),
    ]);
    expect(await machine.ok('port', 'serves', '53/udp')).toBe(lines[0]!.split(' -> ')[1]);
    expect((await machine.ok('port', 'serves', '80')).split('\n')).toEqual(
      lines.slice(1).map((line) => line.split(' -> ')[1]),
    );
    expect(await machine.ok('port', '--latest')).toBe(lines.join('\n'));
    expect(await machine.ok('port', '--all')).toBe(
      lines.map((line) => `${id.slice(0, 12)}\t${line}`).join('\n'),
    );
    expect(await machine.proa('port', 'serves', '81')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('81/tcp'),
    });
    expect(await machine.proa('port', 'serves', 'http')).toMatchObject({ code: 1, out: '' });
    expect(await machine.proa('port', 'nobody')).toMatchObject({ code: 1, out: '' });
  });

  test('a container without any has nothing to show', async () => {
    await machine.ok('run', '-d', '--name=quiet', '--network=none', IMAGE, 'sleep', '1000');
    expect(await machine.ok('port', 'quiet')).toBe('');
  });
});
