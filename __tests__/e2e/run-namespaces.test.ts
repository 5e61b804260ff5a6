// Namespaces that a container does not have of its own: the host's, and other containers'.
import { readFileSync, readlinkSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

const KINDS = ['pid', 'ipc', 'uts', 'cgroup'] as const;
const links = `for n in ${KINDS.join(' ')}; do readlink /proc/self/ns/$n; done`;

describeAs(['root', 'user'], (machine) => {
  const run = (...options: string[]) => machine.sh('true', ...options);

  test('host shows what the host has, and inspect says so', async () => {
    const modes = ['--pid=host', '--ipc=host', '--uts=host', '--cgroupns=host'];
    await machine.ok('run', '-d', '--name=c', '--network=none', ...modes, IMAGE, 'sleep', '1000');
    const script = `${links}; hostname; cat /proc/1/comm`;
    const lines = (await machine.ok('exec', 'c', 'sh', '-c', script)).split('\n');
    expect(lines.slice(0, 4)).toEqual(KINDS.map((kind) => readlinkSync(`/proc/self/ns/${kind}`)));
    const first = readFileSync('/proc/1/comm', 'utf8').trim();
    expect(lines.slice(4)).toEqual([readFileSync('/proc/sys/kernel/hostname', 'utf8').trim(), first]);
    expect(await machine.inspect('c', '{{json .HostConfig}}')).toMatchObject({
      PidMode: 'host',
      IpcMode: 'host',
      UTSMode: 'host',
      CgroupnsMode: 'host',
    });
    // Its processes are its own alone, also where all can be seen, and they end with it.
    expect((await machine.ok('top', 'c')).split('\n')).toHaveLength(2);
    await machine.ok('rm', '-f', '-t', '0', 'c');
  });

  test('container joins those of a running one, which has to run at every start', async () => {
    await machine.ok(
      ...['run', '-d', '--name=donor', '--network=none', '--ipc=shareable', '--stop-timeout=0', IMAGE],
      ...['sh', '-c', 'echo shared > /dev/shm/file; exec sleep 1000'],
    );
    const donor = await machine.inspect('donor', '{{json .Id}}');
    const modes = ['pid', 'ipc', 'uts'].map((kind) => `--${kind}=container:donor`);
    await machine.ok('create', '--name=guest', '--network=none', ...modes, IMAGE, 'sleep', '1000');
    await machine.ok('start', 'guest');
    const shared = (name: string) =>
      machine.ok('exec', name, 'sh', '-c', 'for n in pid ipc uts; do readlink /proc/self/ns/$n; done');
    expect(await shared('guest')).toBe(await shared('donor'));
    const script = 'cat /dev/shm/file; hostname; cat /proc/1/comm';
    expect(await machine.ok('exec', 'guest', 'sh', '-c', script)).toBe(
      `shared\n${donor.slice(0, 12)}\nsleep`,
    );
    expect((await machine.ok('top', 'guest')).split('\n')).toHaveLength(2);
    expect(await machine.inspect('guest', '{{json .HostConfig}}')).toMatchObject({
      PidMode: `container:${donor}`,
      IpcMode: `container:${donor}`,
      UTSMode: `container:${donor}`,
    });
    expect(await machine.inspect('guest', '{{json .Dependencies}}')).toEqual([donor]);
    await machine.ok('stop', 'donor');
    await machine.ok('stop', '-t', '0', 'guest');
    expect(await machine.proa('start', 'guest')).toMatchObject({
      code: 1,
      err: 'Error: start container guest: join pid namespace of container donor: it is not running\nproa start donor\n',
    });
    await machine.ok('start', 'donor', 'guest');
    await machine.ok('rm', '-f', 'donor');
    await machine.ok('rm', '-f', 'guest');
  });

  test('--ipc none, a path, and what cannot be', async () => {
    expect((await machine.sh('ls -d /dev/shm', '--ipc=none')).code).toBe(1);
    const path = `ns:/proc/${process.pid}/ns/uts`;
    if (machine.who === 'root')
      expect(await machine.shOk('readlink /proc/self/ns/uts', `--uts=${path}`)).toBe(
        readlinkSync('/proc/self/ns/uts'),
      );
    await machine.ok('create', '--name=idle', IMAGE);
    const refusals: [string[], RegExp][] = [
      [['--pid=some'], /"some" for --pid: no such mode\nOne of: host, private/],
      [['--ipc=container:idle'], /join IPC namespace of container idle: it is not shareable/],
      [['--pid=container:nobody'], /find container nobody: no such container/],
      [['--uts=ns:/nowhere'], /use --uts namespace \/nowhere: no such file/],
      [['--uts=host', '-h', 'name'], /conflicting options: --hostname and --uts=host/],
      [['--ipc=host', '--sysctl=kernel.shmmax=1'], /set sysctl kernel.shmmax: .*--ipc=host/],
      [['--sysctl=kernel.pid_max=1'], /kernel.pid_max: it is a setting of the whole machine/],
      [['--pid=container:idle'], /join pid namespace of container idle: it is not running/],
    ];
    for (const [options, words] of refusals) {
      expect(await run(...options)).toMatchObject({ code: 125, err: expect.stringMatching(words) });
    }
  });

  test('--sysctl, --domainname and --shm-size', async () => {
    const options = ['--sysctl=net.ipv4.ip_forward=1', '--domainname=proa.test', '--shm-size=1m'];
    const script =
      'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/domainname; df -k /dev/shm | tail -1 | tr -s " " | cut -d" " -f2';
    expect(await machine.shOk(script, ...options)).toBe('1\nproa.test\n1024');
  });
});
