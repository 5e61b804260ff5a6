// `--mount` and all that `-v` and its kin take besides (volumes.test.ts has the plain `-v`).
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  test('--mount: every type in one container', async () => {
    const folder = await machine.makeFolder('many');
    writeFileSync(`${folder}/a,b`, 'comma\n');
    writeFileSync(`${folder}/x.conf`, 'x\n');
    const mounts = [
      `type=bind,source=${folder},target=/bind,readonly`,
      `type=bind,"src=${folder}/a,b",dst=/file`,
      'type=volume,src=vol,dst=/vol,volume-label=a=1',
      'type=tmpfs,dst=/tmpfs,tmpfs-size=1m,tmpfs-mode=1770',
      'type=tmpfs,dst=/etc,tmpcopyup',
      `type=image,src=${IMAGE},dst=/image`,
      `type=image,src=${IMAGE},dst=/changed,rw=true`,
      `type=image,src=${IMAGE},dst=/part,subpath=etc`,
      'type=devpts,dst=/terminals,mode=600',
      'type=ramfs,dst=/ramfs',
      `type=glob,src=${folder}/*.conf,dst=/confs`,
    ];
    const script = `
      cat /file /confs/x.conf /image/etc/not-executable /part/not-executable /etc/not-executable
      for path in /bind /image /part; do touch $path/new 2>/dev/null && echo written $path; done
      touch /vol/new /tmpfs/new /changed/new /ramfs/new && echo all else written
      stat -c '%a' /tmpfs
      grep -o ' /tmpfs tmpfs .*' /proc/mounts | grep -o 'size=[0-9k]*'
      test -c /terminals/ptmx && echo terminals`;
    const out = await machine.shOk(script, ...mounts.flatMap((text) => ['--mount', text]));
    expect(out.split('\n')).toEqual([
      'comma',
      'x',
      'text',
      'text',
      'text',
      'all else written',
      '1770',
      'size=1024k',
      'terminals',
    ]);
    // What was written over the image was the container's alone.
    expect(await machine.shOk('ls /new 2>&1 || true')).toMatch(/no such file/i);
    expect(readdirSync(folder).sort()).toEqual(['a,b', 'x.conf']);
    const volume = JSON.parse(readFileSync(`${machine.root}/volumes/vol/volume.json`, 'utf8'));
    expect(volume.labels).toEqual({ a: '1' });
  });

  test('--mount in inspect, and a source that is not there', async () => {
    const { code, err } = await machine.sh('true', '--mount', 'type=bind,src=/no/such,dst=/m');
    expect({ code, err }).toEqual({
      code: 125,
      err: expect.stringContaining('bind source path does not exist: /no/such'),
    });
    const folder = await machine.makeFolder('inspected');
    const options = ['-v', `${folder}:/v:ro`, '-v', 'named:/n', '-v', '/anonymous', '--tmpfs', '/t:size=1m'];
    options.push('--mount', `type=bind,src=${folder},dst=/b,bind-propagation=private,readonly`);
    options.push('--mount', 'type=tmpfs,dst=/mt,tmpfs-size=1k');
    await machine.ok('create', '--name=one', ...options, IMAGE);
    const { HostConfig, Mounts, Config } = await machine.inspect('one');
    expect(HostConfig).toMatchObject({
      Binds: [`${folder}:/v:ro`, 'named:/n'],
      Tmpfs: { '/t': 'size=1m' },
      Mounts: [
        {
          Type: 'bind',
          Source: folder,
          Target: '/b',
          ReadOnly: true,
          BindOptions: { Propagation: 'private' },
        },
        { Type: 'tmpfs', Target: '/mt', TmpfsOptions: { SizeBytes: 1024 } },
      ],
    });
    expect(Config.Volumes).toEqual({ '/anonymous': {} });
    const shown = (Mounts as Record<string, unknown>[]).map(({ Type, Destination, Mode, RW, Propagation }) =>
      [Type, Destination, Mode, RW, Propagation].join(' '),
    );
    expect(shown).toEqual([
      'bind /v ro false rprivate',
      'volume /n z true ',
      'volume /anonymous  true ',
      'bind /b  false private',
      'tmpfs /mt  true ',
    ]);
  });

  test('-v with O: what is written is the container’s, and gone when it ends', async () => {
    const folder = await machine.makeFolder('below');
    const upper = await machine.makeFolder('upper');
    const work = await machine.makeFolder('work');
    writeFileSync(`${folder}/given`, '1\n');
    await machine.shOk('echo 2 > /v/kept', '-v', 'over:/v');
    await machine.ok(
      ...['create', '--name=twice', '--network=none', '-v', `${folder}:/m:O`, '-v', 'over:/v:O', IMAGE],
      ...['sh', '-c', 'ls /m /v; echo > /m/new; rm /m/given; echo > /v/new'],
    );
    for (let i = 0; i < 2; i++) {
      expect(await machine.ok('start', '-a', 'twice')).toBe('/m:\ngiven\n\n/v:\nkept');
    }
    await machine.shOk('echo > /m/new', '-v', `${folder}:/m:O,upperdir=${upper},workdir=${work}`);
    expect([readdirSync(folder), readdirSync(upper)]).toEqual([['given'], ['new']]);
  });

  test('a part of a volume, and no more than the volume', async () => {
    await machine.shOk('mkdir -p /v/a/b; echo part > /v/a/b/file; ln -s /etc /v/out', '-v', 'parts:/v');
    const mount = (path: string) => ['--mount', `type=volume,src=parts,dst=/m,volume-subpath=${path}`];
    expect(await machine.shOk('cat /m/file', ...mount('a/b'))).toBe('part');
    expect(await machine.shOk('cat /m', ...mount('a/b/file'))).toBe('part');
    for (const path of ['out', '../../..', '/etc/passwd', 'none']) {
      const { code, out } = await machine.sh('ls /m', ...mount(path));
      // `..` leads to the volume itself, as in a chroot.
      expect([path, code, out]).toEqual(path.startsWith('..') ? [path, 0, 'a\nout\n'] : [path, 125, '']);
    }
  });

  test('U gives a mount to the container’s user', async () => {
    const folder = await machine.makeFolder('owned');
    await machine.as(['sh', '-ec', 'mkdir "$0/sub"; ln -s /etc/hostname "$0/sub/link"', folder]);
    const before = statSync('/etc/hostname').uid;
    const script = 'stat -c %u:%g /m /m/sub /t; echo > /m/sub/new';
    const options = ['-u', 'app', '-v', `${folder}:/m:U`, '--mount', 'type=tmpfs,dst=/t,U'];
    expect(await machine.shOk(script, ...options)).toBe('1000:50\n1000:50\n1000:50');
    expect(statSync('/etc/hostname').uid).toBe(before);
    const { code, err } = await machine.sh('true', '-v', '/usr:/m:U');
    expect({ code, err }).toEqual({ code: 125, err: expect.stringContaining('it belongs to the system') });
  });

  test('--volumes-from and --image-volume', async () => {
    const folder = await machine.makeFolder('from');
    writeFileSync(`${folder}/file`, 'shared\n');
    await machine.ok(
      ...[
        'create',
        '--name=origin',
        '-v',
        `${folder}:/host`,
        '-v',
        'kept:/kept',
        '-v',
        '/anon',
        '--tmpfs=/t',
        IMAGE,
      ],
    );
    const script = 'cat /host/file; echo > /kept/x && echo > /anon/y; grep -c " /t " /proc/mounts';
    expect((await machine.sh(script, '--volumes-from=origin')).out).toBe('shared\n0\n');
    expect((await machine.sh('ls /kept /anon; echo > /kept/z', '--volumes-from=origin:ro')).out).toBe(
      '/anon:\ny\n\n/kept:\nx\n',
    );
    // They are still the other's when it is gone.
    await machine.ok('create', '--name=heir', '--volumes-from=origin', IMAGE);
    await machine.ok('rm', '-v', 'origin');
    expect(await machine.shOk('ls /anon', '--volumes-from=heir')).toBe('y');
    expect((await machine.inspect('heir')).HostConfig.VolumesFrom).toEqual(['origin']);

    await machine.ok('import', '--change=VOLUME /v', machine.imageTar, 'declares');
    const kind = async (mode: string) => {
      const words = ['run', '--rm', '--network=none', `--image-volume=${mode}`, 'declares'];
      const { out } = await machine.proa(...words, 'sh', '-c', 'grep " /v " /proc/mounts');
      return out === '' ? 'none' : out.split(' ')[2] === 'tmpfs' ? 'tmpfs' : 'volume';
    };
    expect([await kind('bind'), await kind('tmpfs'), await kind('ignore')]).toEqual([
      'volume',
      'tmpfs',
      'none',
    ]);
  });

  test('an image that is mounted stays', async () => {
    await machine.ok('import', machine.imageTar, 'mounted');
    await machine.ok('create', '--name=user', '--mount=type=image,src=mounted,dst=/m', IMAGE);
    expect(await machine.proa('rmi', 'mounted')).toMatchObject({ code: 1 });
    await machine.ok('rm', 'user');
    await machine.ok('rmi', 'mounted');
  });
});

describeAs('root', (machine) => {
  test('shared and slave mounts pass mounts on, and only where the host shares', async () => {
    const folder = await machine.makeFolder('passing');
    execFileSync('mount', ['-t', 'tmpfs', 'proa-e2e', folder]);
    try {
      execFileSync('mount', ['--make-private', folder]);
      const refused = await machine.sh('true', '-v', `${folder}:/m:rslave`);
      expect(refused).toMatchObject({
        code: 125,
        err: expect.stringContaining('not a shared or slave mount'),
      });
      execFileSync('mount', ['--make-shared', folder]);
      mkdirSync(`${folder}/sub`);
      await machine.shOk('mount -t tmpfs inside /m/sub', '--privileged', '-v', `${folder}:/m:rshared`);
      expect(readFileSync('/proc/self/mounts', 'utf8')).toContain(`inside ${folder}/sub`);
      execFileSync('umount', [`${folder}/sub`]);
      await machine.ok(
        'run',
        '-d',
        '--name=sees',
        '--network=none',
        '-v',
        `${folder}:/m:rslave`,
        IMAGE,
        'sleep',
        '99',
      );
      execFileSync('mount', ['-t', 'tmpfs', 'outside', `${folder}/sub`]);
      expect(await machine.ok('exec', 'sees', 'grep', 'outside', '/proc/mounts')).toContain('/m/sub');
    } finally {
      execFileSync('umount', ['-R', '-l', folder]);
    }
  });
});
