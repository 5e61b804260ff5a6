// --device and --device-cgroup-rule.
import { describeAs } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  test('shows devices, under other names and whole folders of them', async () => {
    const options = ['--device=/dev/full:/dev/brimful:r', '--device=/dev/net:/dev/nets'];
    const script = 'stat -c %t:%T /dev/brimful; ls /dev/nets; head -c 2 /dev/brimful | wc -c';
    expect(await machine.shOk(script, ...options)).toBe('1:7\ntun\n2');
  });

  test('what is no device is refused', async () => {
    const refusals: [string, RegExp][] = [
      ['/dev/nowhere', /use device \/dev\/nowhere: no such file on this host/],
      ['/etc/passwd', /use device \/etc\/passwd: it is not a device/],
      ['/etc/default', /no device node is in this folder/],
      ['/dev/null:/dev/x:z', /z is not some of rwm/],
    ];
    for (const [device, words] of refusals) {
      expect(await machine.sh('true', '--device', device)).toMatchObject({
        code: 125,
        err: expect.stringMatching(words),
      });
    }
    expect(await machine.sh('true', '--device-cgroup-rule=c 1')).toMatchObject({ code: 125 });
  });
});

describeAs('root', (machine) => {
  test('the cgroup lets it do with them what was allowed, and no more', async () => {
    const inspected = ['--name=c', '--device=/dev/fuse:/dev/fused:r', '--device-cgroup-rule=c 10:237 rwm'];
    const script =
      'grep "^c 10:2[23]" /sys/fs/cgroup/devices/devices.list; true < /dev/fused && true > /dev/fused';
    const list = await machine.proa('run', '--network=none', ...inspected, 'bb', 'sh', '-c', script);
    expect(list).toMatchObject({ code: 1, err: expect.stringMatching(/Operation not permitted/) });
    expect(list.out.split('\n')).toEqual(expect.arrayContaining(['c 10:229 r', 'c 10:237 rwm']));
    expect(await machine.inspect('c', '{{json .HostConfig}}')).toMatchObject({
      Devices: [{ PathOnHost: '/dev/fuse', PathInContainer: '/dev/fused', CgroupPermissions: 'r' }],
      DeviceCgroupRules: ['c 10:237 rwm'],
    });
  });
});

describeAs('user', (machine) => {
  test('a user is told that rules are their host’s', async () => {
    expect((await machine.sh('true', '--device-cgroup-rule=c 10:229 rwm')).err).toMatch(
      /^WARNING: --device-cgroup-rule has no effect: /,
    );
  });
});
