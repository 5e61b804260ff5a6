// Published ports: where they answer, who has them, and what cannot be published.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { collect } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';
import { freePort } from './support/registry.ts';
import { get, HOST_IP, onHostAddress, SERVER } from './support/web.ts';

/** Answers every caller with the caller's address. */
const PEER = join(__dirname, '../netns/support/peer.ts');

describeAs(
  ['root', 'user', 'single'],
  (machine) => {
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
      // It has written its files by then.
      await get('127.0.0.1', port);
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
        ['--network=nowhere', /network nowhere not found\n.*bridge/],
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
  },
  { network: true },
);
