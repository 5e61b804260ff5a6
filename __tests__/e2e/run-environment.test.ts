// What a container's process finds: variables, users, time, files, descriptors; and what tells of its start.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { collect, eventually } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  const run = (env: Record<string, string>, ...words: string[]) =>
    machine.proaWith({ env }, 'run', '--rm', '--network=none', ...words);

  test('--env-host, --env-merge, --unsetenv and --http-proxy', async () => {
    const host = { FROM_HOST: 'yes', A: 'host' };
    const all = (await run(host, '--env-host', '-e', 'A=mine', IMAGE, 'env')).out.split('\n');
    expect(all).toEqual(expect.arrayContaining(['FROM_HOST=yes', 'A=mine']));
    const none = (await run(host, IMAGE, 'env')).out;
    expect(none).not.toMatch(/FROM_HOST|PROXY/);
    expect((await run(host, '--http-proxy', IMAGE, 'env')).out).toMatch(/^HTTP_PROXY=http/m);
    const merged = await run(host, '--env-merge', 'PATH=$PATH:/more', '--env-merge=B=$NONE.', IMAGE, 'env');
    expect(merged.out).toMatch(/^PATH=.*\/bin:\/more$/m);
    expect(merged.out).toMatch(/^B=\.$/m);
    const bare = await run(host, '--unsetenv-all', '-e', 'C=1', IMAGE, '/bin/env');
    expect(bare.out.split('\n').filter(Boolean).sort()).toEqual([
      'C=1',
      'HOME=/root',
      expect.stringMatching(/^HOSTNAME=/),
    ]);
    expect((await run(host, '--unsetenv=HOSTNAME', IMAGE, 'env')).out).not.toMatch(/HOSTNAME/);
  });

  test('users: --passwd, --passwd-entry, --group-entry, --hostuser', async () => {
    const read = 'id -un; tail -1 /etc/passwd; tail -1 /etc/group';
    expect(await machine.shOk(read, '--user=1234:56', '--passwd')).toBe(
      '1234\n1234:*:1234:56:container user:/:/bin/sh\n56:x:56:1234',
    );
    const entries = ['--passwd-entry=me:x:$UID:$GID::$HOME:/bin/me', '--group-entry=us:x:$GID:'];
    expect(await machine.shOk(read, '--user=1234:56', ...entries)).toBe(
      'me\nme:x:1234:56::/:/bin/me\nus:x:56:',
    );
    expect(await machine.shOk('id -u; tail -1 /etc/passwd', '--hostuser=daemon', '-u', 'daemon')).toMatch(
      /^1\ndaemon:\*:1:1:daemon:\/:\/bin\/sh$/,
    );
    // An exec knows them too.
    await machine.ok('run', '-d', '--name=c', '--network=none', '--hostuser=daemon', IMAGE, 'sleep', '1000');
    expect(await machine.ok('exec', '-u', 'daemon', 'c', 'id', '-un')).toBe('daemon');
    await machine.ok('rm', '-f', '-t', '0', 'c');
    expect(await machine.sh('true', '--hostuser=nobody-there')).toMatchObject({ code: 125 });
  });

  test('--tz, --chrootdirs, --read-only-tmpfs, --systemd=always, --init-path', async () => {
    expect(await machine.shOk('date +%Z', '--tz=Asia/Tokyo')).toBe('JST');
    expect((await machine.sh('true', '--tz=Nowhere')).err).toMatch(/use time zone Nowhere: no such zone/);
    expect(await machine.shOk('cat /srv/etc/hostname', '--chrootdirs=/srv', '-h', 'inside')).toBe('inside');
    const writable = 'touch /run/x /tmp/x /var/tmp/x && ! touch /x 2>/dev/null && echo well';
    expect(await machine.shOk(writable, '--read-only', '--read-only-tmpfs')).toBe('well');
    const booting = await machine.ok(
      ...['run', '--name=s', '--network=none', '--systemd=always', IMAGE],
      ...['sh', '-c', 'stat -f -c %T /run /tmp /run/lock; env | grep ^container'],
    );
    const id = await machine.inspect('s', '{{json .Id}}');
    expect(booting.split('\n')).toEqual(
      expect.arrayContaining([
        'tmpfs',
        'tmpfs',
        'tmpfs',
        'container=oci',
        `container_uuid=${id.slice(0, 32)}`,
      ]),
    );
    expect(await machine.inspect('s', '{{json .Config.StopSignal}}')).toBe('SIGRTMIN+3');
  });

  test('--preserve-fds, of run and exec', async () => {
    const file = `${machine.folder}/given`;
    writeFileSync(file, 'given\n');
    const withFile = (command: string[]) =>
      collect(['sh', '-c', 'exec "$@" 3<"$0"', file, ...command], { env: machine.env });
    const given = ['sh', '-c', 'cat <&3'];
    const started = ['run', '--rm', '--network=none', '--preserve-fds=1', IMAGE, ...given];
    expect(await withFile(machine.command(...started))).toMatchObject({ code: 0, out: 'given\n' });
    await machine.ok('run', '-d', '--name=c', '--network=none', IMAGE, 'sleep', '1000');
    const execed = machine.command('exec', '--preserve-fds=1', '-l', ...given);
    expect(await withFile(execed)).toMatchObject({ code: 0, out: 'given\n' });
    expect(await machine.proa('exec', '--preserve-fds=2', 'c', 'true')).toMatchObject({
      code: 125,
      err: expect.stringContaining('pass descriptor 3 (--preserve-fds 2): it is not open'),
    });
    await machine.ok('rm', '-f', '-t', '0', 'c');
  });

  test('--attach, --pidfile, --cidfile, --label-file, --replace, --requires', async () => {
    const both = ['sh', '-c', 'echo out; echo err >&2'];
    const attached = ['run', '--network=none', '--name=c'];
    expect(await machine.proa(...attached, '-a', 'stderr', IMAGE, ...both)).toMatchObject({
      out: '',
      err: 'err\n',
    });
    expect(await machine.inspect('c', '{{json .Config}}')).toMatchObject({
      AttachStdin: false,
      AttachStdout: false,
      AttachStderr: true,
    });
    const folder = await machine.makeFolder('files');
    writeFileSync(`${folder}/labels`, '# none\nfrom=file\nboth=file\n');
    const options = [`--label-file=${folder}/labels`, '-l', 'both=mine', `--pidfile=${folder}/pid`];
    const files = [`--cidfile=${folder}/cid`, `--conmon-pidfile=${folder}/conmon`];
    await machine.ok('create', '--name=first', '--network=none', IMAGE, 'sleep', '1000');
    await machine.ok(
      ...['run', '-d', '--network=none', '--replace', '--name=c', '--requires=first'],
      ...options,
      ...files,
      IMAGE,
      'sleep',
      '1000',
    );
    const { State, Config, PidFile } = await machine.inspect('c');
    expect(Config.Labels).toEqual({ from: 'file', both: 'mine' });
    expect(PidFile).toBe(`${folder}/pid`);
    expect(readFileSync(`${folder}/pid`, 'utf8')).toBe(String(State.Pid));
    expect(readFileSync(`${folder}/conmon`, 'utf8')).toBe(String(State.ConmonPid));
    expect(await machine.ok('exec', `--cidfile=${folder}/cid`, 'echo', 'hi')).toBe('hi');
    expect(await machine.inspect('first', '{{json .State.Running}}')).toBe(true);
    expect(await machine.proa('run', '-d', '-a', 'stdout', IMAGE)).toMatchObject({ code: 1 });
    expect(await machine.proa('run', '--replace', IMAGE)).toMatchObject({ code: 125 });
    await machine.ok('rm', '-f', '-t', '0', 'c', 'first');
  });

  test('--sdnotify: a service manager hears of the start', async () => {
    const socket = `${machine.folder}/notify`;
    const heard = `${await machine.makeFolder('heard')}/text`;
    const script =
      'import os,socket,sys;s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM);s.bind(sys.argv[1]);os.chmod(sys.argv[1],0o777)\nwhile True: open(sys.argv[2],"a").write(s.recv(4096).decode()+"\\n")';
    const manager = Bun.spawn(['python3', '-c', script, socket, heard], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    try {
      await eventually(() => existsSync(socket));
      const text = () => (existsSync(heard) ? readFileSync(heard, 'utf8') : '');
      const start = (...options: string[]) =>
        machine.proaWith(
          { env: { NOTIFY_SOCKET: socket } },
          ...['run', '-d', '--replace', '--name=c', '--stop-timeout=0', '--network=none', ...options, IMAGE],
          ...['sh', '-c', 'echo "socket: $NOTIFY_SOCKET"; exec sleep 1000'],
        );
      await start('--sdnotify=conmon');
      const pid = await machine.inspect('c', '{{json .State.ConmonPid}}');
      expect(await eventually(text, (all) => all.includes('READY'))).toBe(`MAINPID=${pid}\nREADY=1\n`);
      writeFileSync(heard, '');
      await start('--sdnotify=ignore');
      await start();
      expect(await eventually(text, (all) => all.includes('MAINPID'))).toMatch(/^MAINPID=\d+\n$/);
      expect(await eventually(() => machine.ok('logs', 'c'))).toBe('socket: /run/notify/notify.sock');
      await machine.ok('rm', '-f', '-t', '0', 'c');
    } finally {
      manager.kill();
    }
  });

  test('what is not to be had is refused with its reason', async () => {
    const refusals: [string[], RegExp][] = [
      [['--pod=p'], /use --pod p: Proa has no pods/],
      [['--isolation=hyperv'], /on Linux there is only default/],
      [['--storage-opt=size=1g'], /use --storage-opt size=1g/],
      [['--rdt-class=x'], /\/sys\/fs\/resctrl is not mounted/],
      [['--umask=999'], /"999" for --umask: not an octal number/],
      [['--systemd=no'], /not one of true, false, always/],
      [['--arch=s390x', '--pull=never'], /it is for linux\/\w+, not for linux\/s390x/],
    ];
    for (const [options, words] of refusals) {
      expect(await machine.sh('true', ...options)).toMatchObject({
        code: 125,
        err: expect.stringMatching(words),
      });
    }
  });
});

describeAs('root', (machine) => {
  test('--personality, and --rmi takes the image along', async () => {
    if (Bun.which('crun') !== null)
      expect(await machine.shOk('uname -m', '--personality=LINUX32')).toMatch(/i686|armv/);
    await machine.ok('tag', IMAGE, 'other');
    await machine.ok('run', '--rmi', '--network=none', 'other', 'true');
    expect(await machine.ok('images', '-q', 'other')).toBe('');
  });
});
