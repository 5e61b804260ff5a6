// commit: an image of what a container changed.
import { readFileSync } from 'node:fs';
import { collect } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';

const CHANGES =
  'mkdir /d; echo text > /d/f; ln /d/f /d/g; ln -s f /d/l; chown 7:8 /d/f; chmod 2750 /d; rm /bin/wc; mkfifo /d/p';
const LOOK =
  'cd /d; ls -ln f g l p | tr -s " " | cut -d " " -f 1-4; cat l; ls /bin/wc; find /d -maxdepth 0 -perm 2750';

describeAs(['root', 'user', 'single'], (machine) => {
  // In single-id mode there are no other owners to give.
  const changes = machine.who === 'single' ? CHANGES.replace('chown 7:8 /d/f; ', '') : CHANGES;

  test('the new image has the changes, and save and load bring the same', async () => {
    await machine.ok(
      'run',
      '--name',
      'c',
      '--network=none',
      '-v',
      'data:/vol',
      IMAGE,
      'sh',
      '-c',
      `${changes}; touch /vol/x`,
    );
    const { code, out, err } = await machine.proa('commit', 'c', 'made:1');
    expect({ code, err: err.replace(/^WARNING: single-id.*\n/, '') }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    const look = (image: string) => machine.proa('run', '--rm', '--network=none', image, 'sh', '-c', LOOK);
    const [own, group] = machine.who === 'single' ? [0, 0] : [7, 8];
    const seen = await look('made:1');
    expect(seen.out.split('\n')).toEqual([
      `-rw-r--r-- 2 ${own} ${group}`,
      `-rw-r--r-- 2 ${own} ${group}`,
      'lrwxrwxrwx 1 0 0',
      'prw-r--r-- 1 0 0',
      'text',
      '/d',
      '',
    ]);
    // Not the volume's content, and nothing of the mount points that a start makes.
    const diff = await machine.ok('diff', 'made:1');
    expect(diff).not.toMatch(/vol\/x|resolv.conf|\/proc|\/dev/);
    const folder = await machine.makeFolder('saved');
    await machine.ok('save', '-o', `${folder}/image.tar`, 'made:1');
    await machine.ok('rm', '-f', 'c');
    await machine.ok('rmi', 'made:1');
    await machine.ok('load', '-i', `${folder}/image.tar`);
    expect((await machine.ok('images', '-q', '--no-trunc', 'made:1')).trim()).toBe(out.trim());
    expect((await look('made:1')).out).toBe(seen.out);
    // The very same digest again, from a load that went through another layer store.
    await machine.ok('rmi', 'made:1');
  });

  test('settings: of the image, of the container, and of --change; history, author, --iidfile, formats', async () => {
    const user = machine.who === 'single' ? 'root' : 'app';
    await machine.ok(
      ...[
        'create',
        '--name',
        'c',
        '-e',
        'A=1',
        '-u',
        user,
        '-w',
        '/tmp',
        '-l',
        'k=v',
        '--entrypoint',
        'echo',
      ],
      ...['-v', '/anonymous', '-v', 'named:/named', IMAGE, 'one', 'two'],
    );
    const folder = await machine.makeFolder('ids');
    const id = await machine.ok(
      ...[
        'commit',
        '-a',
        'Ann <ann@example.com>',
        '-m',
        'why',
        '-c',
        'ENV B=2',
        '-c',
        'EXPOSE 80',
        '-c',
        'CMD ["three"]',
      ],
      ...['--iidfile', `${folder}/id`, '-f', 'docker', '-q', 'c', 'set:1'],
    );
    expect(readFileSync(`${folder}/id`, 'utf8')).toBe(id);
    const [image] = JSON.parse(await machine.ok('image', 'inspect', 'set:1'));
    expect(image).toMatchObject({
      Id: id,
      Author: 'Ann <ann@example.com>',
      Comment: 'why',
      Config: { User: user, WorkingDir: '/tmp', Env: ['A=1', 'B=2'], Entrypoint: ['echo'], Cmd: ['three'] },
      ManifestType: 'application/vnd.docker.distribution.manifest.v2+json',
    });
    expect(image.Config).toMatchObject({
      Labels: { k: 'v' },
      ExposedPorts: { '80/tcp': {} },
      Volumes: { '/anonymous': {} },
    });
    expect(await machine.ok('run', '--rm', '--network=none', 'set:1')).toBe('three');
    const history = (await machine.ok('history', '--format', '{{.CreatedBy}}|{{.Comment}}', 'set:1')).split(
      '\n',
    );
    expect(history[0]).toBe('echo one two|why');
    await machine.ok('commit', '--include-volumes', 'c', 'set:2');
    expect(
      JSON.parse(await machine.ok('image', 'inspect', '-f', '{{json .Config.Volumes}}', 'set:2')),
    ).toEqual({
      '/anonymous': {},
      '/named': {},
    });
    for (const [args, why] of [
      [['-c', 'NOPE x', 'c', 'bad'], /invalid change/],
      [['c', 'BAD'], /must be in lower case/],
      [['nope', 'bad'], /no such container/],
    ] as const) {
      const { code, err } = await machine.proa('commit', ...args);
      expect([code, err]).toEqual([1, expect.stringMatching(why)]);
    }
    await machine.ok('rmi', 'set:1', 'set:2');
  });

  test('--squash makes one layer of all', async () => {
    await machine.ok('run', '--name', 'c', '--network=none', IMAGE, 'sh', '-c', changes);
    await machine.ok('commit', '--squash', 'c', 'flat');
    const [{ RootFS, History }] = JSON.parse(await machine.ok('image', 'inspect', 'flat'));
    expect([RootFS.Layers.length, History.length]).toEqual([1, 1]);
    expect(
      await machine.ok(
        'run',
        '--rm',
        '--network=none',
        'flat',
        'sh',
        '-c',
        'cat /d/g; ls /bin/wc 2>&1 | tail -1',
      ),
    ).toMatch(/^text\nls: \/bin\/wc: No such/);
    await machine.ok('rmi', 'flat');
  });
});

describeAs('root', (machine) => {
  test('a running container stands still meanwhile, and goes on', async () => {
    await machine.ok(
      'run',
      '-d',
      '--name',
      'c',
      '--network=none',
      IMAGE,
      'sh',
      '-c',
      'i=0; while :; do i=$((i+1)); echo $i > /a; echo $i > /b; done',
    );
    for (let i = 0; i < 5; i++) {
      await machine.ok('commit', 'c', 'still');
      const [a, b] = (await machine.ok('run', '--rm', '--network=none', 'still', 'cat', '/a', '/b'))
        .split('\n')
        .map(Number);
      // Between its two writes it may have emptied one of them.
      if (b !== undefined) expect(a! - b).toBeLessThanOrEqual(1);
      expect(await machine.inspect('c', '{{json .State.Status}}')).toBe('running');
    }
    await machine.ok('pause', 'c');
    await machine.ok('commit', 'c', 'still');
    expect(await machine.inspect('c', '{{json .State.Status}}')).toBe('paused');
    await machine.ok('rmi', 'still');
  });

  const docker = Bun.spawnSync(['docker', 'info']).exitCode === 0;
  (docker ? test : test.skip)('docker loads it (skipped where no docker answers)', async () => {
    // The tests' own image has members of one name twice, which docker does not load.
    await machine.ok('create', '--name', 'plain', IMAGE);
    await machine.ok('commit', '--squash', 'plain', 'plain');
    await machine.ok('run', '--name', 'c', '--network=none', 'plain', 'sh', '-c', CHANGES);
    const name = `proa-commit-test:${crypto.randomUUID()}`;
    const id = await machine.ok('commit', 'c', name);
    const { out } = await machine.proaBytes({}, 'save', name);
    try {
      const loaded = await collect(['docker', 'load'], { stdin: new Uint8Array(out) });
      expect(loaded).toMatchObject({ code: 0, err: '' });
      const seen = await collect(['docker', 'image', 'inspect', '-f', '{{.Id}}', name]);
      expect(seen.out.trim()).toBe(id);
      const { out: words } = await collect([
        'docker',
        'run',
        '--rm',
        '--network=none',
        name,
        'sh',
        '-c',
        'cat /d/g; ls /bin/wc',
      ]);
      expect(words).toBe('text\n');
    } finally {
      await collect(['docker', 'rmi', '-f', name]);
    }
  });
});
