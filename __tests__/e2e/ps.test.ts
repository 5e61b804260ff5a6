// ps: filters, order, columns, and again and again.
import { linesOf } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  test('filters, --sort, -n, --ns, --pod, --watch, --sync', async () => {
    const create = (name: string, ...options: string[]) =>
      machine.ok('create', `--name=${name}`, '--network=none', ...options, IMAGE, 'sh', '-c', 'exit 3');
    await create('one', '--label=a=1', '--label=b=1', '--restart=on-failure:2');
    await create('two', '--label=a=1', '-v', '/anonymous');
    await create('three', '-p', '8080:80');
    await machine.proa('start', '-a', 'three');
    await machine.ok(
      'run',
      '-d',
      '--name=four',
      '--network=none',
      '--volume=shared:/s',
      IMAGE,
      'sleep',
      '100',
    );

    const found = async (...filters: string[]) => {
      const words = filters.map((filter) => `--filter=${filter}`);
      return (await machine.ok('ps', '-a', '--sort=created', '--format={{.Names}}', ...words))
        .split('\n')
        .join(' ');
    };
    expect(await found('label=a=1')).toBe('one two');
    expect(await found('label=a=1', 'label=b')).toBe('one');
    expect(await found('label!=a=1')).toBe('three four');
    expect(await found('name=one', 'name=^tw')).toBe('one two');
    expect(await found('exited=3')).toBe('three');
    expect(await found('status=created', 'status=exited')).toBe('one two three');
    expect(await found('before=two')).toBe('one');
    expect(await found('since=two')).toBe('three four');
    expect(await found('volume=shared')).toBe('four');
    expect(await found('volume=/anonymous')).toBe('two');
    expect(await found('network=none', 'command=^sleep$')).toBe('four');
    expect(await found('restart-policy=on-failure:2')).toBe('one');
    expect(await found('expose=80')).toBe('three');
    expect(await found(`ancestor=${IMAGE}`)).toBe('one two three four');
    expect(await found('health=none', 'is-task=false', 'pod=')).toBe('one two three four');
    expect(await found('health=healthy')).toBe('');
    expect(await found('until=0s')).toBe('one two three four');
    expect(await found('until=1h')).toBe('');
    for (const bad of ['status=bored', 'health=ill', 'until=soon', 'is-task=maybe', 'nonsense=1', 'name']) {
      expect(await machine.proa('ps', `--filter=${bad}`)).toMatchObject({ code: 1, out: '' });
    }

    expect(await machine.ok('ps', '-n', '2', '--format={{.Names}}')).toBe('four\nthree');
    expect(await machine.ok('ps', '-a', '--sort=names', '--format={{.Names}}')).toBe('four\none\nthree\ntwo');
    expect(
      await machine.ok('ps', '--sync', '--external', '--noheading', '--format=table {{.Names}}\t{{.Pod}}'),
    ).toMatch(/^four\s*$/);
    const [heading, row] = (await machine.ok('ps', '--ns')).split('\n');
    expect(heading).toMatch(/^CONTAINER ID +NAMES +PID +CGROUPNS +IPC +MNT +NET +PIDNS +USERNS +UTS$/);
    expect(row).toMatch(/^[0-9a-f]{12} +four +\d+( +\d{10}){7}$/);
    expect(await machine.ok('ps', '--pod')).toMatch(/ NAMES +POD ID +PODNAME\n/);

    const watch = machine.start('ps', '--watch=1', '--quiet');
    const lines = linesOf(watch.stdout);
    expect([await lines.next(), await lines.next()]).toEqual([
      expect.any(String),
      await machine.ok('ps', '-q'),
    ]);
    watch.kill();
    await watch.exited;
  });
});
