import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tryFindProgram } from '../../lib/core/programs.ts';
import { createNamespace } from '../../lib/netns/namespace.ts';
import { networkHolders, removeAllNetworks, setUpNetwork, tearDownNetwork } from '../../lib/netns/network.ts';
import { type Network, recordNetwork } from '../../lib/netns/networks.ts';
import { parsePublish } from '../../lib/netns/ports.ts';
import {
  call,
  eventually,
  HOST_IP,
  NEIGHBOUR_IP,
  Playground,
  sh,
  type TestContainer,
} from './support/playground.ts';

const root = process.getuid?.() === 0;
const missing = ['nft', 'ip', 'nsenter'].filter((name) => tryFindProgram(name) === undefined);
const reason = !root ? 'needs root' : missing.length > 0 ? `needs ${missing.join(', ')}` : undefined;
const group = reason === undefined ? describe : describe.skip;
const title = (name: string): string => (reason === undefined ? name : `${name} (${reason})`);

const GATEWAY = '10.87.0.1';
const links = (): string[] =>
  sh('ip -br link')
    .split('\n')
    .filter((line) => /^(veth|proa)/.test(line));
const mounts = (folder: string): string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`${folder}/run`));

group(title('the default bridge network'), () => {
  let host: Playground;
  let server: TestContainer;
  let client: TestContainer;

  beforeAll(async () => {
    host = new Playground();
    server = await host.up('server', ['8080:80', '127.0.0.1:9090:80', `${HOST_IP}:7070:80`, '5353:53/udp']);
    client = await host.up('client');
    await host.serve(server.netnsPath, 'tcp', '0.0.0.0', 80);
    await host.serve(server.netnsPath, 'udp', '0.0.0.0', 53);
  });

  afterAll(() => {
    tearDownNetwork(server);
    tearDownNetwork(client);
    removeAllNetworks(host.runRoot);
    host.close();
  });

  test('the status says what the container has', () => {
    expect(server.status).toMatchObject({
      mode: 'bridge',
      network: 'bridge',
      interface: 'eth0',
      ip: '10.87.0.2',
      prefix: 16,
      gateway: GATEWAY,
      mac: '02:42:0a:57:00:02',
      hostAddress: GATEWAY,
    });
    const [link] = JSON.parse(sh('ip -j addr show eth0', server.netnsPath)) as [Record<string, unknown>];
    expect(link).toMatchObject({ operstate: 'UP', address: '02:42:0a:57:00:02', mtu: 1500 });
    expect(sh('ip route show default', server.netnsPath)).toContain(`via ${GATEWAY} dev eth0`);
    expect(sh(`ip -br link show ${server.status.hostInterface}`)).toContain('UP');
    expect(JSON.parse(JSON.stringify(server.status))).toEqual(server.status);
  });

  test('containers reach each other and the world', () => {
    expect(call(client.netnsPath, server.status.ip!, 80)).toBe(client.status.ip!);
    sh(`busybox ping -c 1 -W 2 ${NEIGHBOUR_IP}`, client.netnsPath);
  });

  test('a container sees its callers from outside with their own address, its host on loopback as the gateway', () => {
    expect(call(host.neighbour, HOST_IP, 8080)).toBe(NEIGHBOUR_IP);
    expect(call(undefined, HOST_IP, 8080)).toBe(HOST_IP);
    expect(call(undefined, '127.0.0.1', 8080)).toBe(GATEWAY);
  });

  test('hairpin: another container and the container itself reach the port by the host', () => {
    expect(call(client.netnsPath, HOST_IP, 8080)).toBe(GATEWAY);
    expect(call(client.netnsPath, GATEWAY, 8080)).toBe(GATEWAY);
    expect(call(server.netnsPath, HOST_IP, 8080)).toBe(GATEWAY);
  });

  test('hairpin while the kernel filters bridged packets, as Kubernetes asks it to', () => {
    sh('sysctl -qw net.bridge.bridge-nf-call-iptables=1');
    try {
      expect(call(client.netnsPath, HOST_IP, 8080)).toBe(GATEWAY);
      expect(call(server.netnsPath, HOST_IP, 8080)).toBe(GATEWAY);
    } finally {
      sh('sysctl -qw net.bridge.bridge-nf-call-iptables=0');
    }
  });

  test('a port on one address is on no other', () => {
    expect(call(undefined, '127.0.0.1', 9090)).toBe(GATEWAY);
    expect(call(undefined, HOST_IP, 9090)).toBe('ECONNREFUSED');
    expect(call(host.neighbour, HOST_IP, 9090)).toBe('ECONNREFUSED');
    expect(call(host.neighbour, HOST_IP, 7070)).toBe(NEIGHBOUR_IP);
    expect(call(undefined, '127.0.0.1', 7070)).toBe('ECONNREFUSED');
  });

  test('UDP', () => {
    expect(call(undefined, '127.0.0.1', 5353, 'udp')).toBe(GATEWAY);
    expect(call(host.neighbour, HOST_IP, 5353, 'udp')).toBe(NEIGHBOUR_IP);
  });

  test('a UDP flow that began before its port was published finds the container', async () => {
    // The neighbour's packets make the host remember the flow as one of its own.
    expect(call(host.neighbour, HOST_IP, 6060, 'udp')).toBe('TIMEOUT');
    const late = await host.up('late', ['6060:53/udp']);
    await host.serve(late.netnsPath, 'udp', '0.0.0.0', 53);
    expect(call(host.neighbour, HOST_IP, 6060, 'udp')).toBe(NEIGHBOUR_IP);
    tearDownNetwork(late);
  });

  test('what is not published cannot be reached by routing, and only our rule is in its way', () => {
    sh(`ip route replace 10.87.0.0/16 via ${HOST_IP}`, host.neighbour);
    expect(call(host.neighbour, server.status.ip!, 80)).toBe('TIMEOUT');
    sh('nft flush chain inet proa forward');
    expect(call(host.neighbour, server.status.ip!, 80)).toBe(NEIGHBOUR_IP);
    sh('nft delete table inet proa');
  });

  test("the host's loopback is out of a container's reach, and only our rule is in its way", async () => {
    const probe = await host.up('probe');
    await host.serve(undefined, 'tcp', '127.0.0.1', 4040);
    // The container routes 127.0.0.1 to the bridge, where published ports switched route_localnet on.
    sh(
      `sysctl -qw net.ipv4.conf.eth0.route_localnet=1 net.ipv4.conf.all.rp_filter=0
      ip addr del 127.0.0.1/8 dev lo
      ip route add 127.0.0.1 via ${GATEWAY} dev eth0`,
      probe.netnsPath,
    );
    expect(call(probe.netnsPath, '127.0.0.1', 4040)).toBe('TIMEOUT');
    sh('nft flush chain inet proa guard');
    expect(call(probe.netnsPath, '127.0.0.1', 4040)).toBe(probe.status.ip!);
    sh('nft delete table inet proa');
    tearDownNetwork(probe);
  });

  test('rules that were flushed are back with the next container, and so are the ports of the others', async () => {
    sh('nft flush ruleset');
    expect(call(undefined, '127.0.0.1', 8080)).toBe('ECONNREFUSED');
    const next = await host.up('next');
    expect(call(undefined, '127.0.0.1', 8080)).toBe(GATEWAY);
    expect(call(undefined, '127.0.0.1', 9090)).toBe(GATEWAY);
    tearDownNetwork(next);
  });

  test("iptables' FORWARD with policy drop, as Docker and ufw leave it, is opened for our bridges", async () => {
    sh(`nft add table ip filter
      nft add chain ip filter FORWARD '{ type filter hook forward priority 0; policy drop; }'`);
    expect(call(host.neighbour, HOST_IP, 8080)).toBe('TIMEOUT');
    const next = await host.up('next');
    expect(call(host.neighbour, HOST_IP, 8080)).toBe(NEIGHBOUR_IP);
    const again = await host.up('again');
    expect(sh('nft list chain ip filter FORWARD').match(/jump PROA-FORWARD/g)).toHaveLength(1);
    tearDownNetwork(next);
    tearDownNetwork(again);
  });

  test('a clash names the container and leaves nothing of the second', async () => {
    const before = {
      links: links().length,
      leases: readdirSync(join(host.runRoot, 'networks/bridge/leases')),
    };
    await expect(host.up('second', ['8080:80'])).rejects.toThrow(
      expect.objectContaining({ code: 'PORT_IN_USE', message: expect.stringContaining('container server') }),
    );
    expect(readdirSync(join(host.runRoot, 'networks/bridge/leases'))).toEqual(before.leases);
    // (The kernel may still be destroying those of the tests before.)
    expect(links().length).toBeLessThanOrEqual(before.links);
    expect(call(undefined, '127.0.0.1', 8080)).toBe(GATEWAY);
  });

  test('an element that a killed container left is replaced; one of another run root is a clash', async () => {
    sh('nft add element inet proa ports4_any { tcp . 3030 : 10.87.99.99 . 1 }');
    const next = await host.up('next', ['3030:80', '3031:80']);
    expect(sh('nft list map inet proa ports4_any')).toContain(`3030 : ${next.status.ip} . 80`);
    tearDownNetwork(next);
    sh('nft add element inet proa ports4_any { tcp . 3030 : 10.1.1.1 . 1 }');
    await expect(host.up('next', ['3031:80', '3030:80'])).rejects.toThrow(/another run root/);
    expect(sh('nft list map inet proa ports4_any')).toContain('3030 : 10.1.1.1 . 1');
    expect(sh('nft list map inet proa ports4_any')).not.toContain('3031');
    sh('nft delete element inet proa ports4_any { tcp . 3030 }');
  });

  test('a range of a thousand ports comes and goes', async () => {
    const many = await host.up('many', ['20000-20999:1000-1999']);
    expect(many.status.ports).toHaveLength(1000);
    expect(sh('nft list map inet proa ports4_any')).toMatch(/20999 : [\d.]+ \. 1999/);
    tearDownNetwork(many);
    expect(sh('nft list map inet proa ports4_any')).not.toContain('20');
  });
});

group(title('networks of one’s own'), () => {
  let host: Playground;
  beforeEach(() => {
    host = new Playground();
  });
  afterEach(() => host.close());

  const network = (name: string, third: number, more: Partial<Network> = {}): Network => ({
    ...{ version: 1, name, id: name.padEnd(64, '0'), driver: 'bridge', interface: `proa-${name}`, mtu: 1500 },
    subnets: [
      { subnet: `10.9.${third}.0/24`, gateway: `10.9.${third}.1` },
      { subnet: `fd00:9:${third}::/64`, gateway: `fd00:9:${third}::1` },
    ],
    ...more,
  });
  const connect = async (
    id: string,
    networks: readonly Network[],
    specs: string[] = [],
  ): Promise<TestContainer> => {
    const { runRoot } = host;
    const netnsPath = `${runRoot}/netns/${id}`;
    createNamespace(netnsPath);
    const status = await setUpNetwork({
      ...{ id, mode: 'bridge', runRoot, netnsPath, ports: specs.flatMap(parsePublish) },
      endpoints: networks.map((each) => ({ network: recordNetwork(runRoot, each) })),
      containers: { isAlive: () => true },
    });
    return { id, runRoot, netnsPath, status };
  };

  test('both families: addresses, routes, ports, and the caller’s own address', async () => {
    sh('ip addr add fd00:77::1/64 dev up0 nodad');
    sh('ip addr add fd00:77::2/64 dev lan0 nodad', host.neighbour);
    const server = await connect(
      'server',
      [network('one', 1), network('two', 2)],
      ['8080:80', '[::]:9090:80'],
    );
    expect(server.status).toMatchObject({
      ...{ ip: '10.9.1.2', ip6: 'fd00:9:1::2', prefix6: 64, gateway6: 'fd00:9:1::1' },
      further: [{ network: 'two', interface: 'eth1', ip: '10.9.2.2', ip6: 'fd00:9:2::2' }],
    });
    expect(sh('ip -6 route show default', server.netnsPath)).toMatch(
      /via fd00:9:1::1 dev eth0.*\n.*via fd00:9:2::1/,
    );
    await host.serve(server.netnsPath, 'tcp', '::', 80);
    expect(call(host.neighbour, HOST_IP, 8080)).toBe(NEIGHBOUR_IP);
    // The two hosts' link-local addresses, by which they find each other, take a second to be theirs.
    expect(await eventually(() => call(host.neighbour, 'fd00:77::1', 8080) === 'fd00:77::2')).toBe(true);
    expect(call(host.neighbour, 'fd00:77::1', 9090)).toBe('fd00:77::2');
    expect(call(host.neighbour, HOST_IP, 9090)).toBe('ECONNREFUSED');
    const client = await connect('client', [network('one', 1)]);
    expect(call(client.netnsPath, server.status.ip6!, 80)).toBe(client.status.ip6!);
    expect(call(client.netnsPath, 'fd00:77::1', 8080)).toBe('fd00:9:1::1');
    for (const container of [server, client]) tearDownNetwork(container);
    expect(networkHolders(host.runRoot).size).toBe(0);
    removeAllNetworks(host.runRoot);
    expect(sh('nft list ruleset')).toBe('');
    // (The server still holds its namespace, and with that its ends.)
    expect(links().filter((line) => line.startsWith('proa'))).toEqual([]);
  });

  test('rules that were flushed come back for all networks at once', async () => {
    const one = await connect('one', [network('one', 1)], ['8080:80']);
    await host.serve(one.netnsPath, 'tcp', '0.0.0.0', 80);
    sh('nft flush ruleset');
    const two = await connect('two', [network('two', 2)]);
    expect(call(undefined, '127.0.0.1', 8080)).toBe('10.9.1.1');
    expect(sh('nft list set inet proa bridges_v2')).toMatch(/"proa-one"(.|\n)*"proa-two"/);
    for (const container of [one, two]) tearDownNetwork(container);
    removeAllNetworks(host.runRoot);
  });
});

group(title('setting up and tearing down'), () => {
  let host: Playground;
  beforeEach(() => {
    host = new Playground();
  });
  afterEach(() => host.close());

  const nothingLeft = async (): Promise<void> => {
    expect(await eventually(() => links().length === 0)).toBe(true);
    expect(sh('nft list ruleset')).toBe('');
    expect(mounts(host.folder)).toEqual([]);
  };

  test('sixteen processes at once, the first ever: one network, each its own address and port', async () => {
    const script = join(__dirname, 'support/container.ts');
    const ids = Array.from({ length: 16 }, (_, i) => `c${i}`);
    const statuses = await Promise.all(
      ids.map(async (id, i) => {
        const child = Bun.spawn(
          [process.execPath, script, host.runRoot, id, 'bridge', `${8000 + i}:80`, '81'],
          { stdout: 'pipe', stderr: 'inherit' },
        );
        return JSON.parse(await new Response(child.stdout).text()) as TestContainer['status'];
      }),
    );
    expect(new Set(statuses.map((status) => status.networkId)).size).toBe(1);
    expect(new Set(statuses.map((status) => status.ip)).size).toBe(16);
    expect(new Set(statuses.flatMap((status) => status.ports.map((port) => port.hostPort))).size).toBe(32);
    expect(sh('nft list map inet proa ports4_any').match(/tcp/g)).toHaveLength(32);
    expect(links()).toHaveLength(17);
    ids.forEach((id, i) => {
      tearDownNetwork({
        id,
        runRoot: host.runRoot,
        netnsPath: `${host.runRoot}/netns/${id}`,
        status: statuses[i],
      });
    });
    expect(readdirSync(join(host.runRoot, 'ports'))).toEqual([]);
    expect(readdirSync(join(host.runRoot, 'networks/bridge/leases'))).toEqual([]);
    expect(readdirSync(join(host.runRoot, 'netns'))).toEqual([]);
    removeAllNetworks(host.runRoot);
    await nothingLeft();
  });

  test('without the status that a crash kept from being written, and twice', async () => {
    const { id, runRoot, netnsPath } = await host.up('a', ['8080:80', '53:53/udp']);
    expect([...networkHolders(runRoot)]).toEqual(['a']);
    tearDownNetwork({ id, runRoot, netnsPath });
    tearDownNetwork({ id, runRoot, netnsPath });
    expect(networkHolders(runRoot).size).toBe(0);
    expect(sh('nft list table inet proa')).not.toContain('elements = { tcp');
    expect(readdirSync(join(runRoot, 'networks/bridge/leases'))).toEqual([]);
    expect(readdirSync(join(runRoot, 'ports'))).toEqual([]);
    removeAllNetworks(runRoot);
    await nothingLeft();
  });

  test("does not take away what is another container's by now", async () => {
    const first = await host.up('a', ['8080:80']);
    tearDownNetwork(first);
    const second = await host.up('b', ['8080:80']);
    tearDownNetwork(first);
    expect(sh('nft list map inet proa ports4_any')).toContain(`8080 : ${second.status.ip} . 80`);
    tearDownNetwork(second);
    removeAllNetworks(host.runRoot);
    await nothingLeft();
  });

  test('after a reboot there is nothing to tear down, and the network comes back as it was', async () => {
    const status = { ...(await host.up('a', ['8080:80'])).status };
    host.close();
    host = new Playground();
    const { runRoot } = host;
    tearDownNetwork({ id: 'a', runRoot, netnsPath: `${runRoot}/netns/a`, status });
    const again = await host.up('a', ['8080:80']);
    expect(again.status).toMatchObject({ ip: status.ip, gateway: status.gateway });
    tearDownNetwork(again);
    removeAllNetworks(runRoot);
    await nothingLeft();
  });

  test('a half made bridge is completed', async () => {
    const first = await host.up('a');
    const bridge = links()
      .find((line) => line.startsWith('proa'))!
      .split(/\s/)[0]!;
    sh(`ip link set ${bridge} down; ip addr flush dev ${bridge}`);
    const second = await host.up('b');
    expect(sh(`ip -br addr show ${bridge}`)).toContain(`UP             ${GATEWAY}/16`);
    tearDownNetwork(first);
    tearDownNetwork(second);
    removeAllNetworks(host.runRoot);
    await nothingLeft();
  });

  test("the MTU is the uplink's, the subnet clear of its routes", async () => {
    sh('ip link set up0 mtu 1400; ip route add 10.87.4.0/24 dev up0');
    const container = await host.up('a');
    expect(container.status.ip).toBe('10.86.0.2');
    expect(sh('ip link show eth0', container.netnsPath)).toContain('mtu 1400');
    tearDownNetwork(container);
    removeAllNetworks(host.runRoot);
    await nothingLeft();
  });

  test('removing the network leaves the tables of others as they were', async () => {
    sh(`nft add table ip filter
      nft add chain ip filter FORWARD '{ type filter hook forward priority 0; policy drop; }'
      nft add rule ip filter FORWARD counter packets 0 bytes 0 accept`);
    const before = sh('nft list ruleset');
    tearDownNetwork(await host.up('a', ['8080:80']));
    removeAllNetworks(host.runRoot);
    expect(sh('nft list ruleset')).toBe(before);
  });

  test('a port on IPv6 is refused, for the default network has none', async () => {
    await expect(host.up('a', ['[::1]:8080:80'])).rejects.toThrow(
      expect.objectContaining({ code: 'NO_IPV6' }),
    );
  });
});
