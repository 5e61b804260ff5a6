import { parseFlags } from '../../../../lib/cli/flags.ts';
import { networkOptions, readNetworkOptions } from '../../../../lib/commands/container/options/network.ts';

const table = { ...networkOptions, hostname: { short: 'h', type: 'string', summary: '' } } as const;

function read(words: readonly string[], rootless = false) {
  const { options, given } = parseFlags(words, table);
  return readNetworkOptions(options, given, rootless);
}

test.each<[string[], object]>([
  [['--dns=1.1.1.1', '--dns', '::1'], { dns: { servers: ['1.1.1.1', '::1'] } }],
  [['--dns=none'], { dns: { servers: ['none'] } }],
  [['--dns-search=a.b', '--dns-search=c'], { dns: { search: ['a.b', 'c'] } }],
  [['--dns-search=.'], { dns: { search: ['.'] } }],
  [['--dns-opt=ndots:1', '--dns-option=x'], { dns: { options: ['ndots:1', 'x'] } }],
  [
    ['--add-host=a:1.2.3.4', '--add-host=b=5.6.7.8'],
    { extraHosts: [host('a', '1.2.3.4'), host('b', '5.6.7.8')] },
  ],
  [['--add-host=a;b:1.2.3.4'], { extraHosts: [host('a', '1.2.3.4'), host('b', '1.2.3.4')] }],
  [['--add-host=a:::1', '--add-host=b:[::2]'], { extraHosts: [host('a', '::1'), host('b', '::2')] }],
  [['--add-host=a:host-gateway'], { extraHosts: [host('a', 'host-gateway')] }],
  [['--no-hosts', '--no-hostname', '-P'], { noHosts: true, noHostname: true, publishAll: true }],
  [['--hosts-file=image'], { hostsFile: 'image' }],
  [
    ['--ip=10.0.0.9', '--mac-address=02-00-00-00-00-0A'],
    networks({ ip: '10.0.0.9', mac: '02:00:00:00:00:0a' }),
  ],
  [['--network=bridge:ip=10.0.0.9,interface_name=lan0'], networks({ ip: '10.0.0.9', interfaceName: 'lan0' })],
  [['--network=name=bridge,mac-address=02:00:00:00:00:0a'], networks({ mac: '02:00:00:00:00:0a' })],
  [
    ['--network=one:alias=a,alias=b', '--network=two:ip6=fd00::2'],
    networks({ name: 'one', aliases: ['a', 'b'] }, { name: 'two', ip6: 'fd00::2' }),
  ],
  [['--network=one,two'], networks({ name: 'one' }, { name: 'two' })],
  [['--network=one', '--network-alias=a'], networks({ name: 'one', aliases: ['a'] })],
  [
    ['--network=one', '--network=two:alias=b', '--network-alias=a', '--ip=10.0.0.9'],
    networks({ name: 'one', ip: '10.0.0.9', aliases: ['a'] }, { name: 'two', aliases: ['b', 'a'] }),
  ],
  [['--network=podman'], {}],
  [
    ['--link=web:db', '--link=/x'],
    {
      links: [
        { id: 'web', alias: 'db' },
        { id: 'x', alias: 'x' },
      ],
    },
  ],
  [['--network=slirp4netns:mtu=1400'], { helperOptions: ['mtu=1400'] }],
])('%j', (words, expected) => {
  expect(read(words).network).toEqual(expected);
});

test('the network', () => {
  expect(read(['--net=container:web']).networkMode).toBe('container:web');
  expect(read(['--network=ns:/run/netns/x']).networkMode).toBe('ns:/run/netns/x');
  expect(read(['--network=pasta:--mtu,1300'], true)).toMatchObject({
    networkMode: 'pasta',
    network: { helperOptions: ['--mtu', '1300'] },
  });
  expect(read(['--network=host', '--network=host']).networkMode).toBe('host');
  expect(read(['--expose=80', '--expose', '53-55/udp', '-p', '0:80'])).toMatchObject({
    expose: ['80', '53-55/udp'],
    ports: [{ containerPort: 80, hostPorts: undefined }],
  });
});

// In Docker's words.
test.each([
  [['--dns=foo'], 'invalid argument "foo" for "--dns" flag: IP address is not correctly formatted: foo'],
  [['--dns-search=...'], 'invalid argument "..." for "--dns-search" flag: ... is not a valid domain'],
  [['--add-host=foo'], 'invalid argument "foo" for "--add-host" flag: bad format for add-host: "foo"'],
  [['--add-host=a:b'], 'invalid argument "a:b" for "--add-host" flag: invalid IP address in add-host: "b"'],
  [['--network=a:ip=x'], 'use network a:ip=x: x is no IPv4 address'],
  [['--link=a:b:c'], 'invalid argument "a:b:c" for "--link" flag: bad format for links: a:b:c'],
  [['--network=container:'], 'Invalid network mode: invalid container format container:<name|id>'],
  [['--network=host', '--network=none'], 'Container cannot be connected to network endpoints: host, none'],
  [['--network-alias=x'], 'network-scoped aliases are only supported for user-defined networks'],
  [['--expose=80-70'], 'invalid range format for --expose: 80-70'],
  [['--expose=80/foo'], 'invalid range format for --expose: 80/foo'],
  [
    ['--net=container:x', '-p', '80:80'],
    'conflicting options: port publishing and the container type network mode',
  ],
  [
    ['--net=container:x', '--expose=1'],
    'conflicting options: port exposing and the container type network mode',
  ],
  [['--net=container:x', '-h', 'y'], 'conflicting options: hostname and the network mode'],
  [['--net=container:x', '--dns=1.1.1.1'], 'conflicting options: dns and the network mode'],
  [
    ['--net=container:x', '--add-host=a:1.1.1.1'],
    'conflicting options: custom host-to-IP mapping and the network mode',
  ],
  [['--net=host', '--ip=1.2.3.4'], 'conflicting options: --ip and --network host'],
  [['--ip6=fd00::2'], 'use address fd00::2: network bridge has no IPv6 subnet'],
  [['--network=pasta'], 'use network pasta: it is for ordinary users'],
  [['--network=slirp4netns:mtu=x'], 'use network slirp4netns with mtu=x: a number of bytes is wanted'],
  [['--network=bridge:x=1'], 'use network bridge:x=1: this network has no option x=1'],
  [['--network=ns:x'], 'use network ns:x: the path must be absolute'],
  [
    ['--hosts-file=x'],
    'invalid argument "x" for "--hosts-file" flag: an absolute path, image or none is wanted',
  ],
  [['--no-hosts', '--add-host=a:1.1.1.1'], 'conflicting options: --no-hosts and --add-host'],
])('%j is refused', (words, message) => {
  expect(() => read(words)).toThrow(expect.objectContaining({ message }));
});

function host(name: string, ip: string) {
  return { name, ip };
}

function networks(...places: object[]) {
  return { networks: places.map((place) => ({ name: 'bridge', ...place })) };
}
