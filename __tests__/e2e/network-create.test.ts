// `network create`: what is recorded, what a container gets of it, and what is refused.
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  const inspect = async (name: string) => JSON.parse(await machine.ok('network', 'inspect', name))[0];

  test('prints the id; the options are in inspect, in Docker’s structure', async () => {
    const id = await machine.ok(
      ...[
        'network',
        'create',
        '--subnet=10.201.0.0/24',
        '--ip-range=10.201.0.64/26',
        '--gateway=10.201.0.254',
      ],
      ...['--aux-address=printer=10.201.0.9', '--label=a=b', '--opt=mtu=1300', '--attachable', 'one'],
    );
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(await inspect('one')).toEqual({
      Name: 'one',
      Id: id,
      Created: expect.stringMatching(/^\d{4}-/),
      Scope: 'local',
      Driver: 'bridge',
      EnableIPv6: false,
      IPAM: {
        Driver: 'default',
        Options: {},
        Config: [
          {
            Subnet: '10.201.0.0/24',
            IPRange: '10.201.0.64/26',
            Gateway: '10.201.0.254',
            AuxiliaryAddresses: { printer: '10.201.0.9' },
          },
        ],
      },
      Internal: false,
      Attachable: true,
      Ingress: false,
      ConfigFrom: { Network: '' },
      ConfigOnly: false,
      Containers: {},
      Options: { mtu: '1300' },
      Labels: { a: 'b' },
    });
    expect(await machine.proa('network', 'create', 'one')).toMatchObject({
      code: 1,
      err: expect.stringContaining('network with name one already exists'),
    });
    expect(await machine.ok('network', 'create', '--ignore', 'one')).toBe(id);
    await machine.ok('network', 'rm', 'one');
  });

  test('subnets are picked apart from each other, IPv6 too', async () => {
    for (const name of ['a', 'b']) await machine.ok('network', 'create', '--ipv6', name);
    const [a, b] = await Promise.all(['a', 'b'].map(inspect));
    const subnets = [a, b].flatMap(({ IPAM }) => IPAM.Config.map(({ Subnet }: { Subnet: string }) => Subnet));
    expect(new Set(subnets).size).toBe(4);
    expect(subnets.filter((subnet) => /^fd[0-9a-f:]+::\/64$/.test(subnet))).toHaveLength(2);
    await machine.ok('network', 'rm', 'a', 'b');
  });

  test('what cannot be is refused with its reason, and leaves nothing', async () => {
    await machine.ok('network', 'create', '--subnet=10.201.0.0/24', 'one');
    const before = await machine.disk();
    for (const [words, says] of [
      [['--subnet=10.201.0.128/25'], 'overlaps 10.201.0.0/24 of network one'],
      [['--subnet=127.0.0.0/33'], '127.0.0.0/33 is no subnet'],
      [['--subnet=10.202.0.0/24', '--gateway=10.203.0.1'], 'in none of its subnets'],
      [['--subnet=10.202.0.0/24', '--ip-range=10.203.0.0/25'], 'in none of its subnets'],
      [['--driver=overlay'], 'there is no driver "overlay"'],
      [['--driver=host'], 'only one instance of "host" network is allowed'],
      [['--opt=nonsense=1'], 'there is no such option'],
      [['--opt=mtu=huge'], 'a number of bytes'],
      [['--opt=com.docker.network.bridge.name=lo'], 'interface lo exists already'],
      [['--opt=com.docker.network.bridge.name=much-too-long-a-name'], 'is no name for an interface'],
      [['--driver=macvlan', '--opt=parent=nope0'], 'parent interface nope0 was not found'],
      [['--route=10.0.0.0/8'], 'is not SUBNET,GATEWAY'],
    ] as const) {
      const { code, out, err } = await machine.proa('network', 'create', ...words, 'two');
      expect({ words, code, out, err }).toEqual({
        words,
        code: 1,
        out: '',
        err: expect.stringContaining(says),
      });
    }
    for (const name of ['bridge', 'podman', 'host', 'a/b', '-x-']) {
      expect((await machine.proa('network', 'create', '--', name)).code).toBe(1);
    }
    expect(await machine.disk()).toEqual(before);
    await machine.ok('network', 'rm', 'one');
  });
});

describeAs('root', (machine) => {
  test('a subnet over a route of this host: the error names the interface', async () => {
    await machine.ok('network', 'create', '--subnet=10.204.0.0/24', 'one');
    await machine.ok('run', '--rm', '--network=one', IMAGE, 'true');
    const { err } = await machine.proa(
      '--root',
      `${machine.folder}/other`,
      'network',
      'create',
      '--subnet=10.204.0.0/16',
      'x',
    );
    expect(err).toMatch(/10\.204\.0\.0\/16 overlaps 10\.204\.0\.0\/24, the route by proa[0-9a-f]{10}/);
    await machine.ok('network', 'rm', 'one');
  });

  test('MTU, routes, a bridge’s name, and no address driver arrive in the container', async () => {
    await machine.ok(
      ...[
        'network',
        'create',
        '--opt=mtu=1280',
        '--subnet=10.205.0.0/24',
        '--route=10.206.0.0/16,10.205.0.7,5',
      ],
      ...['--interface-name=e2ebr0', '--ipv6', '--opt=no_default_route=true', 'one'],
    );
    const script = 'cat /sys/class/net/eth0/mtu; ip route; ip -6 -o addr show eth0 scope global';
    const out = await machine.ok('run', '--rm', '--network=one', IMAGE, 'sh', '-c', script);
    expect(out).toMatch(
      /^1280\n10\.205\.0\.0\/24 .*\n10\.206\.0\.0\/16 via 10\.205\.0\.7 dev eth0 {2}metric 5 \n.*inet6 fd/,
    );
    expect(await machine.ok('network', 'inspect', '-f', '{{.NetworkInterface}}', 'one')).toBe('e2ebr0');
    await machine.ok('network', 'rm', 'one');
    await machine.ok('network', 'create', '--ipam-driver=none', 'bare');
    expect(await machine.ok('run', '--rm', '--network=bare', IMAGE, 'ip', '-o', '-4', 'addr')).toMatch(
      /^1: lo .*$/,
    );
    await machine.ok('network', 'rm', 'bare');
  });

  test('a feature that the kernel lacks is named', async () => {
    const { code, err } = await machine.proa(
      'network',
      'create',
      '--driver=ipvlan',
      '--subnet=10.207.0.0/24',
      'iv',
    );
    // Where the kernel has it, it works.
    if (code === 0) await machine.ok('network', 'rm', 'iv');
    else
      expect(err).toMatch(
        /ipvlan interfaces, which this kernel does not have\nsudo modprobe ipvlan|parent interface/,
      );
  });
});
