// What `run` can say about the network besides which one (network.test.ts) and its ports (ports.test.ts).
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  test('files in /etc', async () => {
    const words = [
      '--dns=192.0.2.1',
      '--dns=192.0.2.2',
      '--dns-search=a.b',
      '--dns-search=c',
      '--dns-opt=ndots:3',
    ];
    words.push('--add-host=foo:192.0.2.9', '--add-host=bar=[fd00::2]', '-h', 'me');
    const script = 'cat /etc/resolv.conf /etc/hostname; tail -3 /etc/hosts';
    const out = await machine.shOk(script, ...words, '--name=named');
    expect(out.replace(/ [0-9a-f]{12}$/m, '').split('\n')).toEqual([
      'search a.b c',
      'nameserver 192.0.2.1',
      'nameserver 192.0.2.2',
      'options ndots:3',
      'me',
      '192.0.2.9\tfoo',
      'fd00::2\tbar',
      '127.0.0.1\tme named',
    ]);
    const bare = ['--no-hosts', '--no-hostname', '--dns=none'];
    expect(await machine.shOk('grep -c " /etc" /proc/mounts || true', ...bare)).toBe('0');

    const file = `${await machine.makeFolder('etc')}/hosts`;
    writeFileSync(file, '192.0.2.7 of-a-file');
    expect(await machine.shOk('cat /etc/hosts', `--hosts-file=${file}`)).toMatch(
      /^192\.0\.2\.7 of-a-file\n127/,
    );
    expect(await machine.shOk('cat /etc/hosts', '--hosts-file=none')).toMatch(/^127\.0\.0\.1\t\w{12} \w+$/);
    const { code, err } = await machine.sh('true', '--add-host=x:host-gateway');
    expect({ code, err }).toEqual({ code: 125, err: expect.stringContaining('cannot reach its host') });
    expect(await machine.ok('run', '--rm', '--net=host', IMAGE, 'hostname')).toBe(hostname());
  });

  test('what the networks do not have is refused', async () => {
    for (const [option, says] of [
      ['--ip6=fd00::2', 'no IPv6 subnet'],
      ['--network-alias=x', 'only supported for user-defined networks'],
      ['--network=none', 'conflicting options: --ip and --network none'],
      ['--network=nope', 'network nope not found'],
    ] as const) {
      const { code, err } = await machine.proa('run', '--rm', '--ip=192.0.2.1', option, IMAGE, 'true');
      expect({ code, err }).toEqual({ code: 125, err: expect.stringContaining(says) });
    }
  });

  test('none of it is lost in inspect', async () => {
    await machine.ok(
      ...['create', '--name=one', '--network=none', '--dns=192.0.2.1', '--dns-search=a', '--dns-opt=x'],
      ...['--add-host=a:192.0.2.9', '-P', '--expose=70-71/udp', IMAGE],
    );
    const { HostConfig, Config } = await machine.inspect('one');
    expect(HostConfig).toMatchObject({
      Dns: ['192.0.2.1'],
      DnsSearch: ['a'],
      DnsOptions: ['x'],
      ExtraHosts: ['a:192.0.2.9'],
      PublishAllPorts: true,
      PortBindings: {},
    });
    expect(Config.ExposedPorts).toEqual({ '70/udp': {}, '71/udp': {} });
  });
});

describeAs(
  ['root', 'user'],
  (machine) => {
    test('container: namespace, name and files of another one', async () => {
      await machine.ok('run', '-d', '--name=first', '-h', 'its', '--expose=80', '-P', IMAGE, 'sleep', '99');
      expect(await machine.ok('port', 'first')).toMatch(/^80\/tcp -> 0\.0\.0\.0:\d+$/);
      const script = 'readlink /proc/self/ns/net; hostname; cat /etc/hosts';
      const own = await machine.ok('exec', 'first', 'sh', '-c', script);
      await machine.ok('run', '-d', '--name=second', '--net=container:first', IMAGE, 'sleep', '99');
      expect(await machine.ok('exec', 'second', 'sh', '-c', script)).toBe(own);
      // Whoever joins the second is in the first's too.
      expect(await machine.ok('run', '--rm', '--net=container:second', IMAGE, 'sh', '-c', script)).toBe(own);
      const { HostConfig, NetworkSettings, HostsPath, Id } = await machine.inspect('second');
      const first = await machine.inspect('first');
      expect(HostConfig.NetworkMode).toBe(`container:${first.Id}`);
      expect([NetworkSettings.Networks, HostsPath]).toEqual([{}, first.HostsPath]);

      // Its address is free when it ends, so nobody may go on using it.
      await machine.ok('stop', '-t', '0', 'first');
      expect(await machine.ok('exec', 'second', 'ip', '-o', '-4', 'address')).toMatch(/^1: lo .*$/);
      expect(readdirSync(`${machine.runRoot}/netns`)).toEqual([]);
      for (const words of [
        ['run', '--rm', '--net=container:first', IMAGE, 'true'],
        ['restart', '-t0', 'second'],
      ]) {
        const { err } = await machine.proa(...words);
        expect(err).toContain(`cannot join network of a non running container: ${first.Id}`);
      }
      expect(existsSync(`${machine.runRoot}/netns/${Id}`)).toBe(false);
    });

    test('slirp4netns with options', async () => {
      const network = '--network=slirp4netns:mtu=1400,cidr=10.77.0.0/24,allow_host_loopback=true';
      const script = 'ip -o address show tap0; cat /sys/class/net/tap0/mtu; grep gw /etc/hosts';
      const out = await machine.ok(
        'run',
        '--rm',
        network,
        '--add-host=gw:host-gateway',
        IMAGE,
        'sh',
        '-c',
        script,
      );
      expect(out).toMatch(/inet 10\.77\.0\.100\/24 (.|\n)*\n1400\n10\.77\.0\.2\tgw$/);
    });
  },
  {
    network: true,
    skip: Bun.which('slirp4netns') === null ? 'slirp4netns is not installed' : undefined,
  },
);

describeAs('root', (machine) => {
  test('the address, the MAC and the interface that were asked for', async () => {
    await machine.ok('run', '-d', '--name=first', '--mac-address=02:00:00:00:00:0a', IMAGE, 'sleep', '99');
    const { NetworkSettings } = await machine.inspect('first');
    const ip: string = NetworkSettings.IPAddress;
    expect(NetworkSettings.MacAddress).toBe('02:00:00:00:00:0a');
    const taken = await machine.proa('run', '--rm', `--ip=${ip}`, IMAGE, 'true');
    expect(taken).toMatchObject({ code: 125, err: expect.stringContaining('first has it') });
    const other = ip.replace(/\d+$/, '200');
    const network = `--network=bridge:ip=${other},interface_name=lan0`;
    expect(
      await machine.ok('run', '--rm', network, IMAGE, 'ip', '-o', '-4', 'address', 'show', 'lan0'),
    ).toContain(` ${other}/16 `);
  });

  test('a namespace by its path', async () => {
    await machine.ok('run', '-d', '--name=first', '--net=none', IMAGE, 'sleep', '99');
    const { Pid } = (await machine.inspect('first')).State;
    const link = await machine.ok('exec', 'first', 'readlink', '/proc/self/ns/net');
    const network = `--network=ns:/proc/${Pid}/ns/net`;
    expect(await machine.ok('run', '--rm', network, IMAGE, 'readlink', '/proc/self/ns/net')).toBe(link);
    expect((await machine.proa('run', '--rm', '--network=ns:/no/such', IMAGE, 'true')).err).toContain(
      'no such file',
    );
  });
});

describeAs(
  'user',
  (machine) => {
    test('pasta with arguments of one’s own', async () => {
      const mtu = 'cat /sys/class/net/[!l]*/mtu';
      expect(await machine.ok('run', '--rm', '--network=pasta:--mtu,1300', IMAGE, 'sh', '-c', mtu)).toBe(
        '1300',
      );
      const { code, err } = await machine.proa('run', '--rm', '--network=pasta:--nonsense', IMAGE, 'true');
      expect({ code, err }).toEqual({ code: 125, err: expect.stringContaining('--nonsense') });
    });
  },
  { network: true, skip: Bun.which('pasta') === null ? 'pasta is not installed' : undefined },
);
