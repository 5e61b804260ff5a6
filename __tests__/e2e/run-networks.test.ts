// Containers on networks that people made: names, addresses, isolation, links, and the name server's life.
import { readFileSync } from 'node:fs';
import { eventually } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';
import { freePort } from './support/registry.ts';
import { get, SERVER } from './support/web.ts';

/** A name server that refuses at once: other names than the networks' own are nobody's here. */
const NOBODY = '--dns=127.0.0.1';

describeAs(
  ['root', 'user'],
  (machine) => {
    test('names: of the container, its aliases, its id; several that share one; never of one that is gone', async () => {
      await machine.ok('network', 'create', '--ipv6', NOBODY, 'net');
      const ids = [];
      for (const name of ['one', 'two'])
        ids.push(
          await machine.ok('run', '-d', `--name=${name}`, '--network=net:alias=both', IMAGE, 'sleep', '99'),
        );
      const of = async (name: string) => (await machine.inspect(name)).NetworkSettings.Networks.net;
      const [one, two] = [await of('one'), await of('two')];
      const look = async (name: string) => {
        const { out } = await machine.proa('exec', 'two', 'nslookup', name);
        const found = out.split('\n').flatMap((line) => /^Address:\s+(\S+)$/.exec(line)?.[1] ?? []);
        // The first is the server's own.
        return found.filter((address) => !/:53$/.test(address)).sort();
      };
      expect(await look('one')).toEqual([one.IPAddress, one.GlobalIPv6Address].sort());
      expect(await look(ids[0]!.slice(0, 12))).toEqual(await look('one'));
      const both = [one, two].flatMap(({ IPAddress, GlobalIPv6Address }) => [IPAddress, GlobalIPv6Address]);
      expect(await look('both')).toEqual(both.sort());
      await machine.ok('rename', 'one', 'renamed');
      expect(await look('renamed')).toEqual([one.IPAddress, one.GlobalIPv6Address].sort());
      await machine.ok('rm', '-f', 'renamed');
      expect(await look('renamed')).toEqual([]);
      expect(await look('both')).toEqual([two.IPAddress, two.GlobalIPv6Address].sort());

      // One that died is back with the next start, and knows all.
      process.kill(Number(readFileSync(`${machine.runRoot}/dns/aardvark.pid`, 'utf8')), 'SIGKILL');
      await machine.ok('run', '--rm', '--network=net', IMAGE, 'nslookup', 'two');
      await machine.clear();
      await machine.ok('network', 'rm', 'net');
    });

    test('two networks, an address and an interface that were asked for, a port, and the host', async () => {
      await machine.ok('network', 'create', '--subnet=10.208.0.0/24', 'front');
      await machine.ok('network', 'create', '--internal', 'back');
      const port = await freePort();
      await machine.ok(
        ...[
          'run',
          '-d',
          '--name=web',
          '--hostname=web',
          '--network=front:ip=10.208.0.77,mac=02:00:00:00:00:0a',
        ],
        ...['--network=back:interface_name=lan0', `-p=127.0.0.1:${port}:80`, IMAGE, ...SERVER],
      );
      const links = await machine.ok('exec', 'web', 'ip', '-o', 'link');
      expect(links).toMatch(/: eth0@.* 02:00:00:00:00:0a .*\n.*: lan0@/);
      expect(await get('127.0.0.1', port)).toBe('hello from web\n');
      expect(await machine.ok('exec', 'web', 'ip', 'route')).toMatch(
        /^default via 10\.208\.0\.1 dev eth0 \n/,
      );
      // By the internal network it is reached too, which has no way out.
      expect(await machine.ok('run', '--rm', '--network=back', IMAGE, 'wget', '-qO-', 'http://web')).toBe(
        'hello from web',
      );
      expect(await machine.ok('run', '--rm', '--network=back', IMAGE, 'ip', 'route')).not.toContain(
        'default',
      );
      // What is asked for beside several networks: an address is for the first, a name for all.
      const both = ['--network=front', '--network=back', '--ip=10.208.0.5', '--network-alias=me'];
      const answer = ['sh', '-c', 'ip -o -4 addr show eth0; nslookup me'];
      const said = await machine.ok('run', '--rm', ...both, IMAGE, ...answer);
      expect(said).toMatch(/ 10\.208\.0\.5\/24 /);
      expect(said.match(/Name:\s+me$/gm)?.length).toBeGreaterThanOrEqual(1);
      const { NetworkSettings } = await machine.inspect('web');
      expect(Object.keys(NetworkSettings.Networks).sort()).toEqual(['back', 'front']);
      expect(NetworkSettings.Networks.front).toMatchObject({
        IPAddress: '10.208.0.77',
        MacAddress: '02:00:00:00:00:0a',
      });
      for (const [words, says] of [
        [['--network=front:ip=10.208.0.77'], 'web has it'],
        [['--network=front', '--ip=10.209.0.1'], "no host's address in 10.208.0.0/24"],
        [['--network=front', '--ip=10.208.0.1'], 'it is the gateway'],
        [['--network=front', '--network=none'], 'cannot be connected to network endpoints'],
      ] as const) {
        const { code, err } = await machine.proa('run', '--rm', ...words, IMAGE, 'true');
        expect({ words, code, err }).toEqual({ words, code: 125, err: expect.stringContaining(says) });
      }
      const server = Bun.serve({ port: 0, hostname: '0.0.0.0', fetch: () => new Response('of the host') });
      const host = `http://host.containers.internal:${server.port}/`;
      expect(await machine.ok('run', '--rm', '--network=front', IMAGE, 'wget', '-qO-', host)).toBe(
        'of the host',
      );
      await server.stop(true);
      await machine.clear();
      await machine.ok('network', 'rm', 'front', 'back');
    });
  },
  { network: true },
);

describeAs('root', (machine) => {
  // Below a shell: the kernel keeps a first process from being ended by `timeout`.
  const reach = async (network: string, url: string, ...more: string[]) => {
    const script = `timeout 1 wget -qO- ${url}; true`;
    return (await machine.proa('run', '--rm', `--network=${network}`, ...more, IMAGE, 'sh', '-c', script))
      .out;
  };

  test('networks do not reach each other, unless both are open; what is published is reached from all', async () => {
    const open = '--opt=isolate=false';
    for (const words of [['apart'], [open, 'one'], [open, 'two'], ['--internal', 'inside']])
      await machine.ok('network', 'create', ...words);
    const port = await freePort();
    await machine.ok(
      'run',
      '-d',
      '--name=web',
      '--hostname=web',
      '--network=one',
      `-p=${port}:80`,
      IMAGE,
      ...SERVER,
    );
    expect(await get('127.0.0.1', port)).toBe('hello from web\n');
    const { IPAddress, Gateway } = (await machine.inspect('web')).NetworkSettings.Networks.one;
    expect(await reach('two', `http://${IPAddress}`)).toBe('hello from web\n');
    const [apart, usual, published, internal] = await Promise.all([
      reach('apart', `http://${IPAddress}`),
      reach('bridge', `http://${IPAddress}`),
      reach('apart', `http://${Gateway}:${port}`),
      reach('inside', `http://${Gateway}:${port}`),
    ]);
    expect({ apart, usual, published, internal }).toEqual({
      apart: '',
      usual: '',
      published: 'hello from web\n',
      internal: '',
    });
    await machine.clear();
    await machine.ok('network', 'rm', 'apart', 'one', 'two', 'inside');
  });

  test('without icc a link opens what the other exposes, and nothing else', async () => {
    await machine.ok('network', 'create', '--opt=com.docker.network.bridge.enable_icc=false', 'net');
    const server = 'mkdir /www; echo hi > /www/index.html; httpd -p 81 -h /www; exec httpd -f -p 80 -h /www';
    await machine.ok('run', '-d', '--name=web', '--expose=80', '--network=net', IMAGE, 'sh', '-c', server);
    const linked = '--link=web:shop';
    await eventually(async () => (await machine.proa('exec', 'web', 'netstat', '-lnt')).out.includes(':80 '));
    const [closed, opened, other] = await Promise.all([
      reach('net', 'http://web'),
      reach('net', 'http://shop', linked),
      reach('net', 'http://shop:81', linked),
    ]);
    expect({ closed, opened, other }).toEqual({ closed: '', opened: 'hi\n', other: '' });
    await machine.clear();
    expect(Bun.spawnSync(['nft', 'list', 'set', 'inet', 'proa', 'links4']).stdout.toString()).not.toContain(
      'elements',
    );
    await machine.ok('network', 'rm', 'net');
  });

  test('a link on the default network: a name and variables, as Docker has them', async () => {
    await machine.ok('run', '-d', '--name=web', '--expose=80', '-e=FOO=bar', IMAGE, 'sleep', '99');
    const { IPAddress } = (await machine.inspect('web')).NetworkSettings;
    const script = 'env | grep ^MY_ | sort; grep my-db /etc/hosts';
    const out = await machine.ok('run', '--rm', '--name=me', '--link=web:my-db', IMAGE, 'sh', '-c', script);
    expect(out.replace(/[0-9a-f]{12}/, 'ID').split('\n')).toEqual([
      'MY_DB_ENV_FOO=bar',
      'MY_DB_NAME=/me/my-db',
      `MY_DB_PORT=tcp://${IPAddress}:80`,
      `MY_DB_PORT_80_TCP=tcp://${IPAddress}:80`,
      `MY_DB_PORT_80_TCP_ADDR=${IPAddress}`,
      'MY_DB_PORT_80_TCP_PORT=80',
      'MY_DB_PORT_80_TCP_PROTO=tcp',
      `${IPAddress}\tmy-db ID web`,
    ]);
    await machine.ok('stop', '-t0', 'web');
    expect((await machine.proa('run', '--rm', '--link=web', IMAGE, 'true')).err).toContain(
      'Cannot link to a non running container: /web AS ',
    );
  });
});
