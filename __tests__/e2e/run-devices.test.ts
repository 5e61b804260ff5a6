// --device and --device-cgroup-rule.
import { existsSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { describeAs } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  test('shows devices, under other names and whole folders of them', async () => {
    const options = ['--device=/dev/full:/dev/brimful:r', '--device=/dev/net:/dev/nets'];
    const script = 'stat -c %t:%T /dev/brimful; ls /dev/nets; head -c 2 /dev/brimful | wc -c';
    expect(await machine.shOk(script, ...options)).toBe('1:7\ntun\n2');
  });

  test('a device by the name that its vendor gave it, and --gpus', async () => {
    const kind = `proa-e2e-${machine.who}.test/gpu`;
    const refused = await machine.sh('true', `--device=${kind}=0`);
    expect(refused).toMatchObject({
      code: 125,
      err: expect.stringMatching(/no file in \/etc\/cdi or \/var\/run\/cdi/),
    });
    if (process.geteuid!() !== 0) return; // only root may describe devices
    expect((await machine.sh('true', '--gpus=all')).err).toMatch(
      /no GPU is described.*\n.*nvidia-ctk cdi generate/,
    );
    const library = `${await machine.makeFolder('driver')}/lib.so`;
    writeFileSync(library, 'driver');
    const file = `/etc/cdi/${kind.split('.')[0]}.yaml`;
    const hadFolder = existsSync('/etc/cdi');
    mkdirSync('/etc/cdi', { recursive: true });
    const description = {
      cdiVersion: '0.6.0',
      kind,
      containerEdits: {
        env: ['DRIVER=made-up'],
        mounts: [{ hostPath: library, containerPath: '/usr/lib/d.so', options: ['ro'] }],
      },
      devices: [
        {
          name: '0',
          containerEdits: { deviceNodes: [{ path: '/dev/gpu0', hostPath: '/dev/full', permissions: 'r' }] },
        },
      ],
    };
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(description));
    try {
      const script = 'echo $DRIVER; cat /usr/lib/d.so; echo; stat -c %t:%T /dev/gpu0; echo x > /usr/lib/d.so';
      for (const option of [`--device=${kind}=0`, '--gpus=all']) {
        const { out, err } = await machine.sh(script, option);
        expect({ option, out, err }).toEqual({
          option,
          out: 'made-up\ndriver\n1:7\n',
          err: expect.stringMatching(/Read-only/),
        });
      }
      expect((await machine.sh('true', '--gpus=2')).err).toMatch(/use 2 GPUs: this host describes 1/);
      await machine.ok('create', '--name=c', '--gpus=device=0', 'bb');
      expect(await machine.inspect('c', '{{json .HostConfig.DeviceRequests}}')).toMatchObject([
        { Driver: 'cdi', DeviceIDs: [`${kind}=0`] },
      ]);
    } finally {
      rmSync(file);
      if (!hadFolder) rmdirSync('/etc/cdi');
    }
    // The driver is gone: the next start says so.
    expect(await machine.proa('start', 'c')).toMatchObject({
      code: 1,
      err: expect.stringContaining(`use device ${kind}=0`),
    });
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
