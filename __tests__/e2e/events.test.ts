import { eventually } from './support/child.ts';
import { describeAs, IMAGE, type Machine } from './support/machine.ts';

/** `TYPE ACTION` of each event since a moment, of one object if it is given. */
async function told(machine: Machine, since: number, ...filters: string[]): Promise<string[]> {
  const out = await machine.ok(
    'events',
    '--stream=false',
    `--since=${since}`,
    '--format={{.Type}} {{.Action}}',
    ...filters.map((filter) => `--filter=${filter}`),
  );
  return out.split('\n').filter(Boolean);
}

const now = (): number => Date.now() / 1000;

describeAs(['root', 'user'], (machine) => {
  test("a container's life, in Docker's words and order", async () => {
    const since = now();
    const id = await machine.ok(
      'create',
      '--name=first',
      '--network=none',
      '-l',
      'a=b',
      '-v',
      'vol:/v',
      IMAGE,
      'sleep',
      '100',
    );
    await machine.ok('start', 'first');
    expect((await machine.proa('exec', 'first', 'sh', '-c', 'exit 3')).code).toBe(3);
    await machine.ok('exec', '-d', 'first', 'true');
    await eventually(
      () => told(machine, since, 'event=exec_die'),
      (lines) => lines.length === 2,
    );
    if (machine.who === 'root') {
      await machine.ok('pause', 'first');
      await machine.ok('unpause', 'first');
    }
    await machine.ok('rename', 'first', 'second');
    await machine.ok('kill', '-s', 'USR1', 'second');
    await machine.ok('restart', '-t', '0', 'second');
    await machine.ok('stop', '-t', '0', 'second');
    await machine.ok('rm', '-v', 'second');
    expect(await told(machine, since)).toEqual([
      'volume create',
      'container create',
      'network connect',
      'volume mount',
      'container start',
      'container exec_create: sh -c exit 3',
      'container exec_start: sh -c exit 3',
      'container exec_die',
      'container exec_create: true ',
      'container exec_start: true ',
      'container exec_die',
      ...(machine.who === 'root' ? ['container pause', 'container unpause'] : []),
      'container rename',
      'container kill',
      'container kill',
      'container die',
      'network disconnect',
      'volume unmount',
      'container stop',
      'network connect',
      'volume mount',
      'container start',
      'container restart',
      'container kill',
      'container die',
      'network disconnect',
      'volume unmount',
      'container stop',
      'container destroy',
    ]);
    const line = await machine.ok('events', '--stream=false', `--since=${since}`, '-f', 'event=rename');
    expect(line).toMatch(
      new RegExp(
        `^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z container rename ${id} \\(a=b, image=${IMAGE}, name=second, oldName=/first\\)$`,
      ),
    );
    const json = await machine.ok(
      'system',
      'events',
      '--stream=false',
      `--since=${since}`,
      '--format=json',
      '-f',
      'event=died',
    );
    const [died] = json.split('\n').map((text) => JSON.parse(text));
    expect(died).toEqual({
      status: 'die',
      id,
      from: IMAGE,
      Type: 'container',
      Action: 'die',
      Actor: { ID: id, Attributes: { a: 'b', exitCode: '137', image: IMAGE, name: 'second' } },
      scope: 'local',
      time: expect.any(Number),
      timeNano: expect.any(Number),
    });
    // All digits of a number that JavaScript would round.
    expect(json.split('\n')[0]).toMatch(new RegExp(`"time":${died.time},"timeNano":${died.time}\\d{9}}$`));
    const podman =
      '{{.ID}} {{.Name}} {{.Status}} {{.Type}} {{.Image}} {{.ContainerExitCode}} {{.Attributes.a}}';
    expect(
      await machine.ok(
        'events',
        '--stream=false',
        `--since=${since}`,
        '-f',
        'event=init',
        '-f',
        'event=exec_died',
        '--format',
        podman,
      ),
    ).toMatch(
      new RegExp(`^${id} first init container ${IMAGE} 0 b\n${id} first exec_die container ${IMAGE} 3 b\n`),
    );
    expect(
      await machine.ok('events', '--no-trunc=false', '--until=0s', `--since=${since}`, '-f', 'event=rename'),
    ).toContain(` rename ${id.slice(0, 12)} (`);
  });

  test('following: from now on, with the past, until a time, until interrupted', async () => {
    const since = now();
    const format = '--format={{.Action}} {{.Actor.Attributes.name}}';
    const follower = machine.start('events', '-f', 'event=create', '-f', 'event=destroy', format);
    const reader = follower.stdout.getReader();
    let seen = '';
    const reading = (async () => {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        seen += new TextDecoder().decode(value);
      }
    })();
    await eventually(async () => {
      await machine.ok('create', '--name=x', IMAGE);
      await machine.ok('rm', 'x');
      return seen.endsWith('create x\ndestroy x\n');
    });
    follower.kill('SIGINT');
    await follower.exited;
    await reading;
    // From the past, then what happens until the time is over.
    const before = await told(machine, since, 'event=create');
    const until = machine.ok(
      'events',
      `--since=${since}`,
      `--until=${now() + 1}`,
      '-f',
      'event=create',
      format,
    );
    await machine.ok('create', '--name=late', IMAGE);
    expect((await until).split('\n')).toEqual([...before.map(() => 'create x'), 'create late']);
  });
});

describeAs('root', (machine) => {
  test('images', async () => {
    const since = now();
    await machine.ok('tag', IMAGE, 'also:1');
    await machine.ok('save', '-o', `${machine.home}/also.tar`, 'also:1');
    await machine.ok('rmi', 'also:1');
    await machine.ok('load', '-i', `${machine.home}/also.tar`);
    await machine.ok('rmi', 'also:1');
    await machine.ok('import', machine.imageTar, 'own');
    await machine.ok('rmi', 'own');
    expect(await told(machine, since, 'type=image')).toEqual(
      ['tag', 'save', 'untag', 'load', 'untag', 'tag', 'import', 'untag', 'delete'].map(
        (action) => `image ${action}`,
      ),
    );
  });

  test('what cannot be is refused', async () => {
    const refused = async (...args: string[]) => await machine.proa('events', ...args);
    expect(await refused('--filter=a=b')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no filter "a"'),
    });
    expect(await refused('--since=soon')).toMatchObject({ code: 1, err: expect.stringContaining('--since') });
    expect(await refused('--since=1h', '--until=2h')).toMatchObject({ code: 1 });
    expect(await refused('--stream=false', '--format={{.Nothing}}')).toMatchObject({
      code: 1,
      err: expect.stringContaining('Nothing'),
    });
  });

  test('none is lost while many containers come and go at once', async () => {
    const since = now();
    const format = '--format={{.Action}} {{.Actor.Attributes.name}}';
    const follower = machine.start(
      'events',
      `--since=${since}`,
      `--until=${since + 60}`,
      '-f',
      'type=container',
      format,
    );
    let text = '';
    const read = (async () => {
      for await (const chunk of follower.stdout.pipeThrough(new TextDecoderStream())) text += chunk;
    })();
    const names = Array.from({ length: 24 }, (_, i) => `many-${i}`);
    const queue = [...names];
    const work = async (): Promise<void> => {
      for (let name = queue.pop(); name !== undefined; name = queue.pop())
        await machine.ok('run', '--rm', `--name=${name}`, '--network=none', IMAGE, 'true');
    };
    await Promise.all(Array.from({ length: 6 }, work));
    const expected = names.flatMap((name) =>
      ['create', 'attach', 'start', 'die', 'destroy'].map((action) => `${action} ${name}`),
    );
    expect((await told(machine, since, 'type=container')).length).toBe(expected.length);
    // The follower prints at once what happens, so it has everything by now or soon.
    await eventually(() => text.split('\n').length > expected.length);
    follower.kill('SIGINT');
    await read;
    const lines = text.trimEnd().split('\n');
    expect([...lines].sort()).toEqual([...expected].sort());
    for (const name of names) {
      const own = lines.filter((line) => line.endsWith(` ${name}`)).map((line) => line.split(' ')[0]);
      expect(own).toEqual(['create', 'attach', 'start', 'die', 'destroy']);
    }
  });
});
