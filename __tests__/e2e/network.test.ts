// The networks: a bridge for root, pasta for users, the host's, and none.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { eventually } from './support/child.ts';
import { interfacesOf, processesOf } from './support/leftovers.ts';
import { describeAs, IMAGE } from './support/machine.ts';
import { freePort } from './support/registry.ts';
import { SERVER } from './support/web.ts';

describeAs(
  ['root', 'user', 'single'],
  (machine) => {
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
});

describeAs(
  ['user', 'single'],
  (machine) => {
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
