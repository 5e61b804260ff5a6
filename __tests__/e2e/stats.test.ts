/** `stats`, on the containers of a test of each kind: busy, limited, stopped. */
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  test('one picture, templates, and what runs, is stopped, or is not there', async () => {
    const limit = machine.who === 'root' ? ['--memory=64m'] : [];
    const busy = 'dd if=/dev/zero of=/x bs=1k count=64 2>/dev/null; while :; do :; done';
    await machine.ok('run', '-d', '--name=busy', '--network=none', ...limit, IMAGE, 'sh', '-c', busy);
    await machine.ok('create', '--name=idle', '--network=none', IMAGE, 'true');

    const table = (await machine.ok('stats', '--no-stream')).split('\n');
    expect(table[0]!.split(/ {2,}/)).toEqual([
      'CONTAINER ID',
      'NAME',
      'CPU %',
      'MEM USAGE / LIMIT',
      'MEM %',
      'NET I/O',
      'BLOCK I/O',
      'PIDS',
    ]);
    expect(table).toHaveLength(2);
    const memory = machine.who === 'root' ? '64MiB' : '[\\d.]+[GM]iB';
    expect(table[1]).toMatch(
      new RegExp(
        `^[0-9a-f]{12} +busy +[\\d.]+% +[\\d.]+[KM]iB / ${memory} +[\\d.]+% +0B / 0B +\\S+ / \\S+ +1$`,
      ),
    );

    const percent = await machine.ok('stats', '--no-stream', '-i', '200ms', '--format={{.CPUPerc}}', 'busy');
    expect(Number.parseFloat(percent)).toBeGreaterThan(5);
    const [idle, second] = (
      await machine.ok('container', 'stats', '--no-stream', '--format=json', 'idle', 'busy')
    )
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(idle).toEqual({
      BlockIO: '0B / 0B',
      CPUPerc: '0.00%',
      Container: 'idle',
      ID: expect.stringMatching(/^[0-9a-f]{12}$/),
      MemPerc: '0.00%',
      MemUsage: '0B / 0B',
      Name: 'idle',
      NetIO: '0B / 0B',
      PIDs: '0',
    });
    expect(second.Name).toBe('busy');
    expect(await machine.ok('stats', '-a', '--no-stream', '--format={{.Name}}')).toBe('idle\nbusy');
    expect(await machine.ok('stats', '-l', '--no-stream', '--no-trunc', '--format={{len .ID}}')).toBe('64');

    expect(await machine.proa('stats', 'nobody')).toMatchObject({ code: 1, out: '' });
    expect(await machine.proa('stats', '-l', 'busy')).toMatchObject({ code: 1, out: '' });
    expect(await machine.proa('stats', '-i', '0')).toMatchObject({ code: 1, out: '' });
  });

  test('pictures follow what comes and goes, and end with the last one that was named', async () => {
    const sleeper = (name: string) =>
      machine.ok('run', '-d', `--name=${name}`, '--network=none', '--stop-timeout=0', IMAGE, 'sleep', '100');
    await sleeper('one');
    using terminal = machine.terminal(['stats', '-i', '50ms'], { columns: 60, rows: 10 });
    // Only the first picture clears the screen.
    await terminal.until(
      /^\x1b\[H\x1b\[J\x1b\[\?7lCONTAINER ID .*\x1b\[K\r\n\S+ +one .*\x1b\[K\r\n\x1b\[J\x1b\[\?7h/,
    );
    await sleeper('two');
    await terminal.until(/\x1b\[H\x1b\[\?7lCONTAINER ID .*\r\n\S+ +two .*\r\n\S+ +one .*\r\n\x1b\[J/);
    await machine.ok('rm', '-f', 'one');
    await terminal.until(/CONTAINER ID .*\r\n\S+ +two .*\r\n\x1b\[J/);
    terminal.type('\x03');
    expect(await terminal.ended()).toBe(130);

    const child = machine.start('stats', '-i', '50ms', '--format={{.Name}}', 'two');
    let names = '';
    for await (const chunk of child.stdout) {
      if (names === '') await machine.ok('rm', '-f', 'two');
      names += Buffer.from(chunk).toString();
    }
    expect(names).toMatch(/^(two\n)+$/);
    expect(await child.exited).toBe(0);
  });
});
