// User namespaces of a container's own: --userns, --uidmap and --gidmap.
import { statSync } from 'node:fs';
import { eventually } from './support/child.ts';
import { processesOf } from './support/leftovers.ts';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  test('files belong to the ids of the container, inside and on the disk', async () => {
    await machine.as(['chmod', '711', `${machine.folder}/run`]);
    const script =
      'tr -s " " < /proc/self/uid_map; stat -c %u:%g /bin/busybox /etc/hosts /new; touch /made; chown 7:8 /made; echo v > /v/f; sleep 1000';
    await machine.ok(
      ...[
        'run',
        '-d',
        '--name=c',
        '--network=none',
        '--uidmap=0:200000:5000',
        '--stop-timeout=0',
        '-w',
        '/new',
      ],
      ...['-v', '/v', IMAGE, 'sh', '-c', script],
    );
    const same = '0:0\n0:0\n0:0';
    const logs = await eventually(
      () => machine.ok('logs', 'c'),
      (text) => text.split('\n').length === 4,
    );
    expect(logs).toBe(` 0 200000 5000\n${same}`);
    const { GraphDriver, HostConfig, State } = await machine.inspect('c');
    expect(HostConfig).toMatchObject({ UsernsMode: 'private', IDMappings: { UidMap: ['0:200000:5000'] } });
    expect(statSync(`/proc/${State.Pid}`).uid).toBe(200_000);
    const owner = () => {
      const made = statSync(`${GraphDriver.Data.UpperDir}/made`, { throwIfNoEntry: false });
      return [made?.uid, made?.gid];
    };
    expect(await eventually(owner, ([uid]) => uid === 7)).toEqual([7, 8]);
    // Another container joins it, and its memory and processes.
    const guest = await machine.shOk(
      'tr -s " " < /proc/self/uid_map; stat -c %u:%g /bin/busybox',
      '--userns=container:c',
      '--pid=container:c',
    );
    expect(guest).toBe(' 0 200000 5000\n0:0');
    expect(await machine.ok('exec', 'c', 'stat', '-c', '%u', '/made')).toBe('7');
    expect((await machine.proa('exec', '-u', '6000', 'c', 'true')).err).toMatch(
      /run as user 6000: it is not in the container's user namespace/,
    );
    await machine.ok('restart', 'c');
    expect(await machine.ok('exec', 'c', 'stat', '-c', '%u', '/made')).toBe('7');
  });

  test('what cannot be', async () => {
    const refusals: [string[], RegExp][] = [
      [['--userns=keep-id'], /--userns=keep-id: only a user's containers/],
      [['--userns=private'], /--userns=private says no ids/],
      [['--userns=some'], /"some" for --userns: no such mode/],
      [['--userns=host', '--uidmap=0:1:1'], /conflicting options: --userns and --uidmap/],
      [['--uidmap=0:1'], /it is not INSIDE:HOST:SIZE/],
      [['--uidmap=0:1:5', '--uidmap=3:9:5'], /one of them is mapped twice/],
      [['--subuidname=nobody-there'], /no line of \/etc\/subuid is theirs/],
    ];
    for (const [options, words] of refusals) {
      expect(await machine.sh('true', ...options)).toMatchObject({
        code: 125,
        err: expect.stringMatching(words),
      });
    }
  });
});

describeAs(
  'root',
  (machine) => {
    test('its network is its own to set up', async () => {
      await machine.as(['chmod', '711', `${machine.folder}/run`]);
      const script =
        'ip link add x type bridge && ip link set x up && cat /proc/sys/net/ipv4/ip_unprivileged_port_start';
      const options = ['--uidmap=0:200000:5000', '--cap-add=NET_ADMIN'];
      expect(await machine.ok('run', '--rm', ...options, IMAGE, 'sh', '-c', script)).toBe('0');
    });
  },
  { network: true },
);

describeAs(
  'user',
  (machine) => {
    test('keep-id: who calls is who runs, and files of the image are root’s', async () => {
      const folder = await machine.makeFolder('shared');
      const { uid, name } = machine.account;
      const script = 'id -u; id -un; stat -c %u /bin/busybox /etc/hosts; touch /h/mine; stat -c %u /h/mine';
      const lines = await machine.shOk(script, '--userns=keep-id', '-v', `${folder}:/h`);
      expect(lines.split('\n')).toEqual([String(uid), name, '0', '0', String(uid)]);
      expect(statSync(`${folder}/mine`).uid).toBe(uid);
      expect(await machine.shOk('id -u; id -g', '--userns=keep-id:uid=5,gid=6')).toBe('5\n6');
      const root = await machine.shOk('id -u; touch /made; stat -c %u /made', '--userns=keep-id', '-u', '0');
      expect(root).toBe('0\n0');
      expect(processesOf(machine.traces).filter((line) => line.includes('fuse-overlayfs'))).toEqual([]);
    });

    test('nomap and auto, where others may pass the runtime folder', async () => {
      const closed = await machine.sh('true', '--userns=nomap');
      expect(closed.err).toMatch(/its root may not pass .*\n.*setfacl -m u:\d+:x/);
      await machine.as(['chmod', '711', `${machine.folder}/run`]);
      expect(await machine.shOk('id -u; stat -c %u /bin/busybox', '--userns=nomap')).toBe('0\n0');
      await machine.ok('create', '--name=a', '--userns=auto:size=500', '--network=none', IMAGE);
      await machine.ok('create', '--name=b', '--userns=auto:size=500', '--network=none', IMAGE);
      const maps = async (name: string) =>
        (await machine.inspect(name, '{{json .HostConfig}}')).IDMappings.UidMap[0];
      expect([await maps('a'), await maps('b')]).toEqual(['0:1:500', '0:501:500']);
      await machine.as(['chmod', '700', `${machine.folder}/run`]);
    });
  },
  { skip: Bun.which('fuse-overlayfs') === null ? 'fuse-overlayfs is not installed' : undefined },
);
