// The networks: a bridge for root, pasta for users, the host's, and none.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { collect, eventually } from './support/child.ts';
import { interfacesOf, processesOf } from './support/leftovers.ts';
import { describeAs, IMAGE } from './support/machine.ts';
import { freePort } from './support/registry.ts';

/** An address of this host other than the loopback's. */
const HOST_IP = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === 'IPv4' && !address.internal)?.address;
const onHostAddress = HOST_IP === undefined ? test.skip : test;

/** Answers every caller with the caller's address. */
const PEER = join(__dirname, '../netns/support/peer.ts');

/** A web server in the container that says hello. */
const SERVER = [
  'sh',
  '-c',
  'mkdir /www; echo hello from $HOSTNAME > /www/index.html; exec httpd -f -p 80 -h /www',
];

describeAs(
  ['root', 'user', 'single'],
  (machine) => {
    const get = (host: string, port: number) =>
      eventually(
        () =>
          fetch(`http://${host}:${port}/`).then(
            (answer) => answer.text(),
            () => '', // not listening yet
          ),
        (text) => text !== '',
      );
    const serve = async (name: string, ...publish: string[]) => {
      await machine.ok(
        'run',
        '-d',
        `--name=${name}`,
        `--hostname=${name}`,
        ...publish.map((port) => `-p=${port}`),
        IMAGE,
        ...SERVER,
      );
    };
    const portsOf = (name: string) => machine.ok('ps', `--filter=name=^${name}$`, '--format={{.Ports}}');

    test('none: a loopback of its own and nothing else', async () => {
      expect(await machine.shOk('ls /sys/class/net; ip -br addr 2>/dev/null || ip addr')).toMatch(
        /^lo\n(.*\n)*.*127\.0\.0\.1/,
      );
      expect((await machine.shOk('ip route')).trim()).toBe('');
    });

    test('host: the host’s own', async () => {
      const out = await machine.ok('run', '--rm', '--network=host', IMAGE, 'readlink', '/proc/self/ns/net');
      expect(out).toBe(readlinkSync('/proc/self/ns/net'));
      const port = await freePort();
      using _ = Bun.serve({ port, hostname: '127.0.0.1', fetch: () => new Response('of the host') });
      expect(
        await machine.ok('run', '--rm', '--network=host', IMAGE, 'wget', '-qO-', `http://127.0.0.1:${port}/`),
      ).toBe('of the host');
    });

    test('by default: an interface with an address, a route, names for itself and its host', async () => {
      const script = 'ip route; echo; cat /etc/hosts; echo; cat /etc/resolv.conf; echo; hostname';
      const out = await machine.ok('run', '--rm', '-h', 'inside', '--name=named', IMAGE, 'sh', '-c', script);
      const [routes, hosts, resolv] = out.split('\n\n');
      expect(routes).toMatch(/^default via \d+\.\d+\.\d+\.\d+ dev \w+/);
      expect(hosts).toMatch(/^127\.0\.0\.1\s+localhost/m);
      expect(hosts).toMatch(/^\d+\.\d+\.\d+\.\d+\s.*\binside\b.*\bnamed\b/m);
      expect(resolv).toMatch(/^nameserver \S+/m);
    });

    test('its DNS configuration follows the host’s', async () => {
      const inside = await machine.ok('run', '--rm', IMAGE, 'cat', '/etc/resolv.conf');
      const host = readFileSync('/etc/resolv.conf', 'utf8');
      for (const [line] of host.matchAll(/^(search|options) .*$/gm)) expect(inside).toContain(line.trim());
      const servers = [...host.matchAll(/^nameserver (\S+)/gm)].map(([, server]) => server!);
      const reachable = servers.filter((server) => !server.startsWith('127.') && !server.includes(':'));
      for (const server of reachable) expect(inside).toContain(`nameserver ${server}`);
    });

    test('a published port answers on 127.0.0.1', async () => {
      const port = await freePort();
      await serve('web', `127.0.0.1:${port}:80`);
      expect(await get('127.0.0.1', port)).toBe('hello from web\n');
      expect(await portsOf('web')).toBe(`127.0.0.1:${port}->80/tcp`);
      expect(await machine.inspect('web', '{{json .NetworkSettings.Ports}}')).toEqual({
        '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }],
      });
      if (HOST_IP !== undefined) await expect(fetch(`http://${HOST_IP}:${port}/`)).rejects.toThrow();
      // Gone with the container, at once.
      await machine.ok('rm', '-f', 'web');
      await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    });

    onHostAddress('a port that is published everywhere answers on the host’s address too', async () => {
      const port = await freePort();
      await serve('web', `${port}:80`);
      expect(await get('127.0.0.1', port)).toBe('hello from web\n');
      expect(await get(HOST_IP!, port)).toBe('hello from web\n');
      expect(await get('localhost', port)).toBe('hello from web\n');
    });

    test('any free port of the host, and one of a range', async () => {
      const first = await freePort();
      await serve('web', '127.0.0.1::80', `127.0.0.1:${first}-${first + 20}:81`);
      const [, any, ofRange] =
        /127\.0\.0\.1:(\d+)->80\/tcp, 127\.0\.0\.1:(\d+)->81\/tcp/.exec(await portsOf('web')) ?? [];
      expect(await get('127.0.0.1', Number(any))).toBe('hello from web\n');
      expect(Number(ofRange)).toBeGreaterThanOrEqual(first);
      expect(Number(ofRange)).toBeLessThanOrEqual(first + 20);
    });

    // The image has no UDP server, and only root may start one in another's namespace.
    (process.geteuid!() === 0 ? test : test.skip)('a UDP port', async () => {
      const port = await freePort();
      // The pasta of Debian 12 loses the answers from a UDP port that has another number inside.
      const inside = machine.who === 'root' ? 53 : port;
      await machine.ok(
        'run',
        '-d',
        '--name=udp',
        `-p=127.0.0.1:${port}:${inside}/udp`,
        IMAGE,
        'sleep',
        '100',
      );
      const pid = await machine.ok('container', 'inspect', '-f', '{{.State.Pid}}', 'udp');
      const peer = [
        'nsenter',
        `--net=/proc/${pid}/ns/net`,
        process.execPath,
        PEER,
        'serve',
        'udp',
        '0.0.0.0',
        String(inside),
      ];
      await using server = Bun.spawn(peer, { stdout: 'pipe' });
      await server.stdout.getReader().read();
      const { out } = await collect([process.execPath, PEER, 'call', 'udp', '127.0.0.1', String(port)]);
      expect(out).toMatch(/^\d+\.\d+\.\d+\.\d+\n$/);
    });

    test('a port that a container has: the error names the container, and nothing stays', async () => {
      const port = await freePort();
      await serve('holder', `127.0.0.1:${port}:80`);
      const before = await machine.disk();
      const clash = await machine.proa('run', '--rm', `-p=127.0.0.1:${port}:80`, IMAGE, 'true');
      expect(clash).toMatchObject({
        code: 125,
        out: '',
        err: expect.stringContaining(`127.0.0.1:${port}/tcp: port is in use by container holder\n`),
      });
      expect(await machine.disk()).toEqual(before);
      // Of all addresses this one is taken as well.
      expect(await machine.proa('run', '--rm', `-p=${port}:80`, IMAGE, 'true')).toMatchObject({
        code: 125,
        err: expect.stringContaining('container holder'),
      });
      await machine.ok('rm', '-f', 'holder');
      await machine.ok('run', '--rm', `-p=127.0.0.1:${port}:80`, IMAGE, 'true');
    });

    test('a port that a process of the host has: the error names it where it may be seen', async () => {
      const port = await freePort();
      await using server = Bun.serve({ port, hostname: '127.0.0.1', fetch: () => new Response() });
      const { code, err } = await machine.proa(
        'run',
        '--rm',
        `-p=127.0.0.1:${server.port}:80`,
        IMAGE,
        'true',
      );
      const holder =
        machine.who === 'root'
          ? `process \\S+ \\(pid ${process.pid}\\)`
          : 'another process|process \\S+ \\(pid \\d+\\)';
      expect({ code, err }).toEqual({
        code: 125,
        err: expect.stringMatching(new RegExp(`port is in use by (${holder})\n.*another port`)),
      });
    });

    test('a container that is started again has its port again', async () => {
      const port = await freePort();
      await serve('web', `127.0.0.1:${port}:80`);
      await machine.ok('stop', '-t', '0', 'web');
      await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
      expect(await portsOf('web')).toBe('');
      await machine.ok('start', 'web');
      expect(await get('127.0.0.1', port)).toBe('hello from web\n');
    });

    test('bad ports and networks', async () => {
      for (const [option, says] of [
        ['-p=70000:80', /70000/],
        ['-p=80:80:80:80', /80:80:80:80/],
        ['-p=80/ftp', /ftp/],
        ['-p=192.0.2.1:8080:80', /192\.0\.2\.1/],
        ['--network=nowhere', /use network nowhere: no such network\n.*bridge/],
      ] as const) {
        const before = await machine.disk();
        const { code, err } = await machine.proa('run', '--rm', option, IMAGE, 'true');
        expect({ option, code, err }).toEqual({ option, code: 125, err: expect.stringMatching(says) });
        expect(await machine.disk()).toEqual(before);
      }
    });
  },
  { network: true },
);

describeAs('root', (machine) => {
  test('containers reach each other and their host through the bridge', async () => {
    await machine.ok('run', '-d', '--name=web', '--hostname=web', IMAGE, ...SERVER);
    const { IPAddress, Gateway } = await machine.inspect('web', '{{json .NetworkSettings}}');
    await eventually(async () => (await machine.proa('exec', 'web', 'netstat', '-lnt')).out.includes(':80 '));
    const wget = (url: string) => machine.ok('run', '--rm', IMAGE, 'wget', '-qO-', url);
    expect(await wget(`http://${IPAddress}/`)).toBe('hello from web');
    await using server = Bun.serve({
      port: 0,
      hostname: '0.0.0.0',
      fetch: (request, me) => new Response(me.requestIP(request)?.address),
    });
    expect(await wget(`http://${Gateway}:${server.port}/`)).toMatch(/^10\.|^172\.|^192\./);
    for (const name of ['host.containers.internal', 'host.docker.internal']) {
      expect(await wget(`http://${name}:${server.port}/`)).toMatch(/^10\.|^172\.|^192\./);
    }
  });

  test('what a container had on the host is gone when it ends', async () => {
    await machine.ok('run', '-d', '--name=one', IMAGE, 'sleep', '100');
    const [bridge] = interfacesOf(machine.runRoot);
    const veths = () => readdirSync(`/sys/class/net/${bridge}/brif`).length;
    expect(veths()).toBe(1);
    expect(readdirSync(`${machine.runRoot}/netns`)).toHaveLength(1);
    await machine.ok('rm', '-f', 'one');
    expect(await eventually(veths, (count) => count === 0)).toBe(0);
    expect(readdirSync(`${machine.runRoot}/netns`)).toEqual([]);
    expect(readdirSync(`${machine.runRoot}/ports`)).toEqual([]);
    expect(readdirSync(`${machine.runRoot}/networks/bridge/leases`)).toEqual([]);
  });

  onHostAddress('the client’s own address arrives', async () => {
    const port = await freePort();
    await machine.ok(
      'run',
      '-d',
      '--name=who',
      `-p=${port}:80`,
      IMAGE,
      'sh',
      '-c',
      'while :; do nc -l -p 80 -e sh -c "netstat -nt | grep ESTAB"; done',
    );
    const script = `for i in $(seq 100); do exec 3<>/dev/tcp/${HOST_IP}/${port} && break; sleep 0.05; done; cat <&3`;
    const { out } = await collect(['bash', '-c', script]);
    expect(out).toContain(`${HOST_IP}:`);
  });
});

describeAs(
  ['user', 'single'],
  (machine) => {
    const start = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
    const low = start > 1 ? test : test.skip;
    low('a port that is too low for users: the error says which sysctl helps', async () => {
      const { code, err } = await machine.proa('run', '--rm', `-p=127.0.0.1:${start - 1}:80`, IMAGE, 'true');
      expect({ code, err }).toEqual({
        code: 125,
        err: expect.stringContaining(`net.ipv4.ip_unprivileged_port_start=${start - 1}`),
      });
    });

    test('pasta ends with its container', async () => {
      const helpers = () =>
        processesOf(machine.traces).filter((line) => /\b(pasta|slirp4netns)/.test(line)).length;
      const before = helpers();
      await machine.ok('run', '-d', '--name=one', IMAGE, 'sleep', '100');
      expect(helpers()).toBe(before + 1);
      await machine.ok('rm', '-f', 'one');
      expect(await eventually(helpers, (count) => count === before)).toBe(before);
    });
  },
  { network: true },
);
