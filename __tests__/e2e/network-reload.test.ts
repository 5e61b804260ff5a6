// `network reload` and `network update`.
import { readFileSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';
import { freePort } from './support/registry.ts';
import { get, SERVER } from './support/web.ts';

describeAs('root', (machine) => {
  test('rules, ports and names that were taken away are back', async () => {
    await machine.ok('network', 'create', 'net');
    const port = await freePort();
    const id = await machine.ok(
      ...[
        'run',
        '-d',
        '--name=web',
        '--hostname=web',
        '--network=net',
        `-p=127.0.0.1:${port}:80`,
        IMAGE,
        ...SERVER,
      ],
    );
    expect(await get('127.0.0.1', port)).toBe('hello from web\n');
    // Of ours alone: other tests' tables stay.
    Bun.spawnSync(['nft', 'delete', 'element', 'inet', 'proa', 'ports4', `{ 127.0.0.1 . tcp . ${port} }`]);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    process.kill(Number(readFileSync(`${machine.runRoot}/dns/aardvark.pid`, 'utf8')), 'SIGKILL');
    expect(await machine.ok('network', 'reload', 'web')).toBe(id);
    expect(await get('127.0.0.1', port)).toBe('hello from web\n');
    expect(await machine.ok('exec', 'web', 'nslookup', 'web')).toContain('Name:\tweb');
    expect(await machine.ok('network', 'reload', '--all')).toBe(id);
    await machine.ok('stop', '-t0', 'web');
    expect((await machine.proa('network', 'reload', 'web')).err).toContain('it is not running');
    await machine.clear();
    await machine.ok('network', 'rm', 'net');
  });

  test('update: other name servers, for running containers too', async () => {
    await machine.ok('network', 'create', '--dns=192.0.2.1', 'net');
    await machine.ok('run', '-d', '--name=web', '--network=net', IMAGE, 'sleep', '99');
    await machine.ok('run', '-d', '--name=own', '--network=net', '--dns=192.0.2.9', IMAGE, 'sleep', '99');
    await machine.ok('network', 'update', '--dns-add=192.0.2.2', '--dns-drop=192.0.2.1', 'net');
    expect(await machine.ok('network', 'inspect', '-f', '{{.NetworkDNSServers}}', 'net')).toBe('[192.0.2.2]');
    const lines = readFileSync(`${machine.runRoot}/dns/net`, 'utf8').split('\n').slice(1, 3);
    expect(lines.map((line) => line.split(' ').at(-1))).toEqual(['192.0.2.2', '192.0.2.9']);
    expect((await machine.proa('network', 'update', '--dns-add=x', 'net')).code).toBe(1);
    expect((await machine.proa('network', 'update', '--dns-add=192.0.2.2', 'bridge')).code).toBe(1);
    await machine.clear();
    await machine.ok('network', 'rm', 'net');
  });
});
