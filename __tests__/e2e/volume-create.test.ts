// `volume create --opt`: volumes whose files are elsewhere; `volume mount unmount export import reload`.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mountsBelow } from './support/leftovers.ts';
import { describeAs, IMAGE } from './support/machine.ts';
import { refused } from './support/refused.ts';

describeAs(['root', 'user'], (machine) => {
  test('a tmpfs is there while a container runs, shared by all of them', async () => {
    await machine.ok('volume', 'create', '-o', 'type=tmpfs', '-o', 'o=size=1m,uid=7,mode=750', 'tmp');
    const look = [
      'sh',
      '-c',
      "grep ' /v ' /proc/mounts | cut -d' ' -f1,3; stat -c '%u %a' /v; cat /v/file; echo 1 > /v/file; sleep 60",
    ];
    await machine.ok('run', '-d', '--name=a', '--network=none', '-v', 'tmp:/v', IMAGE, ...look);
    await machine.ok('exec', 'a', 'sh', '-c', 'until test -s /v/file; do :; done');
    expect(await machine.shOk('cat /v/file', '-v', 'tmp:/v')).toBe('1');
    expect(await machine.ok('logs', 'a')).toMatch(/^tmpfs tmpfs\n7 750/);
    expect(await machine.ok('volume', 'ls', '--format', '{{.Name}} {{.MountCount}}')).toBe('tmp 1');
    expect(await machine.ok('volume', 'prune', '-f')).toBe('Total reclaimed space: 0B');
    await refused(machine, ['volume', 'rm', 'tmp'], 1);
    await machine.ok('rm', '-f', '-t0', 'a');
    expect(await machine.ok('volume', 'inspect', '-f', '{{.MountCount}} {{.Options.o}}', 'tmp')).toBe(
      '0 size=1m,uid=7,mode=750',
    );
    // The last one gone, so is what was in it.
    expect((await machine.sh('cat /v/file', '-v', 'tmp:/v')).code).toBe(1);
    expect(await machine.ok('system', 'df', '--format', '{{.Type}} {{.Size}}')).toContain('Local Volumes 0B');
    await machine.ok('volume', 'rm', 'tmp');
  });

  test('a folder of the host is never removed with its volume', async () => {
    const folder = await machine.makeFolder('host');
    const copies = await machine.makeFolder('copies');
    writeFileSync(`${folder}/precious`, 'data\n');
    await machine.ok(
      'volume',
      'create',
      '-o',
      'type=none',
      '-o',
      'o=bind',
      '-o',
      `device=${folder}`,
      'bound',
    );
    expect(await machine.shOk('cat /v/precious; echo 2 > /v/new', '-v', 'bound:/v')).toBe('data');
    const where = await machine.ok('volume', 'mount', 'bound');
    expect(where).toBe(`${machine.root}/volumes/bound/_data`);
    expect(await machine.ok('volume', 'prune', '-f')).toBe('Total reclaimed space: 0B');
    // A container at rest, of which something is copied.
    await machine.ok('create', '--name=c', '--network=none', '-v', 'bound:/v', IMAGE);
    await machine.ok('volume', 'unmount', 'bound');
    await machine.ok('cp', 'c:/v/precious', `${copies}/precious`);
    expect(readFileSync(`${copies}/precious`, 'utf8')).toBe('data\n');
    expect(await machine.ok('volume', 'unmount', 'bound')).toBe('bound');
    await machine.ok('rm', 'c');
    await machine.ok('volume', 'mount', 'bound');
    await machine.ok('volume', 'rm', 'bound');
    expect(readFileSync(`${folder}/precious`, 'utf8')).toBe('data\n');
    expect(existsSync(`${folder}/new`)).toBe(true);
    expect(mountsBelow(`${machine.root}/volumes`)).toEqual([]);

    await machine.ok('volume', 'create', '-o', 'o=bind', '-o', 'device=/no/such', 'broken');
    const { code, err } = await machine.sh('true', '-v', 'broken:/v');
    expect({ code, err }).toEqual({
      code: 125,
      err: expect.stringMatching(/mount volume broken: .*\/no\/such/),
    });
    await machine.ok('volume', 'rm', 'broken');
  });
});

describeAs('root', (machine) => {
  test('an image is below a volume, whose changes stay', async () => {
    await machine.ok('import', machine.imageTar, 'below');
    await machine.ok('volume', 'create', '--driver=image', '--opt=image=below', 'work');
    await machine.shOk(
      'cat /v/etc/not-executable && rm /v/etc/not-executable && echo 1 > /v/mine',
      '-v',
      'work:/v',
    );
    expect(await machine.shOk('cat /v/mine; ls /v/etc', '-v', 'work:/v')).toBe('1\ngroup\npasswd');
    expect(await machine.ok('volume', 'ls', '-f', 'driver=image', '--noheading')).toBe('image     work');
    expect(await machine.proa('rmi', 'below')).toMatchObject({
      code: 1,
      err: expect.stringContaining('volume work'),
    });
    // The layers stay, by force or not.
    await machine.ok('rmi', '-f', 'below');
    await machine.ok('image', 'prune', '-fa');
    await machine.ok('import', '--change', 'CMD ["sh"]', machine.imageTar, IMAGE);
    expect(await machine.shOk('cat /v/etc/group', '-v', 'work:/v')).toContain('staff');
    await machine.ok('volume', 'rm', 'work');
    const mount = 'type=volume,dst=/v,volume-driver=image';
    expect(
      await machine.shOk('cat /v/etc/not-executable', '--mount', `${mount},volume-opt=image=${IMAGE}`),
    ).toBe('text');
    expect(await machine.ok('volume', 'ls', '-q')).toBe('');
  });

  test('an owner, and whether the image’s content goes in', async () => {
    await machine.ok('volume', 'create', '-o', 'o=uid=7,gid=8', 'owned');
    await machine.ok('volume', 'create', '--opt', 'nocopy', 'empty');
    const script = "stat -c '%u:%g' /etc; ls /root";
    expect(await machine.shOk(script, '-v', 'owned:/etc', '-v', 'empty:/root')).toBe('7:8');
    expect(await machine.shOk('ls /v', '-v', 'owned:/v')).toContain('not-executable');
    expect(await machine.ok('volume', 'inspect', '-f', '{{.UID}} {{.GID}} {{.NeedsCopyUp}}', 'owned')).toBe(
      '7 8 false',
    );
    await machine.ok('volume', 'rm', '-a');
  });

  test('what cannot be is refused, with nothing made', async () => {
    await machine.ok('volume', 'create', 'there');
    for (const words of [
      ['-o', 'type=nfs', 'x'],
      ['-o', 'o=nosuid', 'x'],
      ['-o', 'what=1', 'x'],
      ['-o', 'o=uid=root', 'x'],
      ['-o', 'o=bind', '-o', 'device=relative', 'x'],
      ['-o', 'copy', '-o', 'nocopy', 'x'],
      ['-o', 'type=tmpfs', '-o', 'size=1m', 'x'],
      ['-d', 'image', 'x'],
      ['-d', 'image', '-o', 'image=no-such', 'x'],
      ['-d', 'image', '-o', `image=${IMAGE}`, 'there'],
      ['-d', 'nfs', 'x'],
    ])
      await refused(machine, ['volume', 'create', ...words], 1);
    for (const words of [['mount'], ['unmount'], ['export'], ['import']])
      await refused(machine, ['volume', ...words, 'nope'], 125);
    // Either the file system has quotas, or it is said that it has none.
    const quota = await machine.proa('volume', 'create', '-o', 'size=10m', 'limited');
    if (quota.code !== 0) expect(quota.err).toMatch(/no quota support|only the host/);
    else
      expect((await machine.sh('dd if=/dev/zero of=/v/x bs=1M count=20', '-v', 'limited:/v')).code).toBe(1);
    expect(await machine.ok('volume', 'reload')).toBe('');
    await machine.ok('volume', 'rm', '-a');
  });

  test('a volume’s files go out as a tar, and come in from one', async () => {
    await machine.shOk(
      'mkdir -p /v/d; echo 1 > /v/d/file; chown 7:8 /v/d/file; chmod 640 /v/d/file; ln -s d/file /v/link',
      '-v',
      'one:/v',
    );
    const tar = `${await machine.makeFolder('tars')}/one.tar`;
    await machine.ok('volume', 'export', '-o', tar, 'one');
    const bytes = await machine.proaBytes({}, 'volume', 'export', 'one');
    expect(Buffer.from(bytes.out).equals(readFileSync(tar))).toBe(true);
    await machine.ok('volume', 'create', 'two');
    await machine.shOk('mkdir /v/link; echo old > /v/d; echo kept > /v/kept', '-v', 'two:/v');
    await machine.as(['gzip', '-k', tar]);
    await machine.ok('volume', 'import', 'two', `${tar}.gz`);
    expect(await machine.shOk("cat /v/link /v/kept; stat -c '%u:%g %a' /v/d/file", '-v', 'two:/v')).toBe(
      '1\nkept\n7:8 640',
    );
    // Into a tmpfs, while it is mounted.
    await machine.ok('volume', 'create', '-o', 'type=tmpfs', 'three');
    await machine.ok('volume', 'mount', 'three');
    const { code } = await machine.proaWith({ stdin: readFileSync(tar) }, 'volume', 'import', 'three', '-');
    expect(code).toBe(0);
    expect(await machine.shOk('cat /v/link', '-v', 'three:/v')).toBe('1');
    mkdirSync(`${machine.folder}/tars/not`, { recursive: true });
    writeFileSync(`${machine.folder}/tars/not/tar`, 'this is no archive');
    await refused(machine, ['volume', 'import', 'two', `${machine.folder}/tars/not/tar`], 125);
    await machine.ok('volume', 'unmount', 'three');
    await machine.ok('volume', 'rm', '-a');
  });

  test('what a killed command held is let go', async () => {
    await machine.ok('volume', 'create', '-o', 'type=tmpfs', 'tmp');
    await machine.ok('run', '-d', '--name=a', '--network=none', '-v', 'tmp:/v', IMAGE, 'sleep', '60');
    const { State } = await machine.inspect('a');
    // The container and its conmon, at once: nobody cleans up.
    await machine.as(['kill', '-KILL', String(State.ConmonPid), String(State.Pid)]);
    await machine.ok('rm', '-f', '-t0', 'a');
    expect(await machine.ok('volume', 'inspect', '-f', '{{.MountCount}}', 'tmp')).toBe('0');
    await machine.ok('volume', 'rm', 'tmp');
  });
});
