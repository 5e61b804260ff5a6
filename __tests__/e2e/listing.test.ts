import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  test('inspect shows what was asked for', async () => {
    const words = [
      '--name=shown',
      '-e',
      'A=1',
      '-l',
      'k=v',
      '-w',
      '/tmp',
      '--memory=64m',
      '--restart=on-failure:3',
      '-v',
      `${machine.folder}:/host:ro`,
    ];
    await machine.ok('create', ...words, IMAGE, 'echo', 'a b');
    const shown = await machine.inspect('shown');
    expect(shown).toMatchObject({
      Name: '/shown',
      Path: 'echo',
      Args: ['a b'],
      State: { Status: 'created', Running: false, Pid: 0, ExitCode: 0 },
      Config: { Cmd: ['echo', 'a b'], Image: IMAGE, Labels: { k: 'v' }, WorkingDir: '/tmp', Tty: false },
      HostConfig: { Memory: 64 << 20, RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 } },
      Mounts: [{ Type: 'bind', Source: machine.folder, Destination: '/host', RW: false }],
    });
    expect(shown.Config.Env).toContain('A=1');
    expect(
      await machine.ok('inspect', '-f', '{{.Name}} {{range .Mounts}}{{.Destination}}{{end}}', 'shown'),
    ).toBe('/shown /host');
    expect(await machine.proa('inspect', 'nobody')).toMatchObject({
      code: 1,
      out: expect.stringContaining('[]'),
      err: expect.stringContaining('nobody'),
    });
  });

  test('ps as a table, as JSON, by filters and quiet', async () => {
    const ids = await Promise.all([
      machine.ok('create', '--name=one', '--label=x=1', IMAGE, 'sh', '-c', 'true'),
      machine.ok('run', '-d', '--name=two', '--network=none', IMAGE, 'sleep', '100'),
    ]);
    const table = await machine.ok('ps', '-a');
    expect(table).toMatch(/^CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES\n/);
    expect(table).toMatch(new RegExp(`${ids[0].slice(0, 12)} +${IMAGE} +"sh -c true" .* Created +one`));
    const rows = (await machine.ok('ps', '-a', '--format=json')).split('\n').map((line) => JSON.parse(line));
    expect(rows.map(({ Names, State }) => `${Names} ${State}`).sort()).toEqual([
      'one created',
      'two running',
    ]);
    const names = (...filters: string[]) =>
      machine.ok('ps', '-a', '--format={{.Names}}', ...filters.map((f) => `--filter=${f}`));
    expect(await names('status=running')).toBe('two');
    expect(await names('label=x=1')).toBe('one');
    expect(await names('name=tw')).toBe('two');
    expect(await names(`id=${ids[0].slice(0, 10)}`)).toBe('one');
    expect(await machine.ok('ps', '-q')).toBe(ids[1].slice(0, 12));
  });
});
