// `network connect` and `disconnect`, while traffic runs and while the container does not run.
import { describeAs, IMAGE } from './support/machine.ts';
import { freePort } from './support/registry.ts';
import { get, SERVER } from './support/web.ts';

describeAs(
  ['root', 'user'],
  (machine) => {
    const wget = (from: string, url: string) =>
      machine.proa('exec', from, 'timeout', '3', 'wget', '-qO-', url);

    test('names, addresses and files follow at once; connections of other networks go on', async () => {
      // A name server that refuses at once: other names than the networks' own are nobody's here.
      for (const name of ['front', 'back']) await machine.ok('network', 'create', '--dns=127.0.0.1', name);
      const port = await freePort();
      await machine.ok(
        ...[
          'run',
          '-d',
          '--name=web',
          '--hostname=web',
          '--network=front',
          `-p=127.0.0.1:${port}:80`,
          IMAGE,
          ...SERVER,
        ],
      );
      await machine.ok('run', '-d', '--name=client', '--network=back', IMAGE, 'sleep', '99');
      expect(await get('127.0.0.1', port)).toBe('hello from web\n');
      expect((await wget('client', 'http://web')).code).not.toBe(0);

      // Somebody calls all the time while networks come and go.
      let [calls, failures, going] = [0, 0, true];
      const traffic = (async () => {
        while (going) {
          const text = await fetch(`http://127.0.0.1:${port}/`).then(
            (answer) => answer.text(),
            () => '',
          );
          calls++;
          if (text !== 'hello from web\n') failures++;
          await Bun.sleep(2);
        }
      })();
      await machine.ok('network', 'connect', '--alias=shop', 'back', 'web');
      for (const name of ['web', 'shop'])
        expect((await wget('client', `http://${name}`)).out).toBe('hello from web\n');
      const { NetworkSettings } = await machine.inspect('web');
      const { back, front } = NetworkSettings.Networks;
      expect(back).toMatchObject({ Aliases: ['shop', expect.stringMatching(/^[0-9a-f]{12}$/)] });
      const hosts = () => machine.ok('exec', 'web', 'cat', '/etc/hosts');
      expect(await hosts()).toMatch(
        new RegExp(`^${front.IPAddress}\\tweb .*\\n${back.IPAddress}\\tweb `, 'm'),
      );
      expect(await machine.ok('exec', 'web', 'cat', '/etc/resolv.conf')).toContain(
        `nameserver ${back.Gateway}`,
      );

      await machine.ok('network', 'disconnect', 'back', 'web');
      expect(await hosts()).not.toContain(back.IPAddress);
      expect((await wget('client', 'http://shop')).code).not.toBe(0);
      going = false;
      await traffic;
      expect({ failures, busy: calls > 5 }).toEqual({ failures: 0, busy: true });

      const wrong = await machine.proa('network', 'disconnect', 'back', 'web');
      expect(wrong).toMatchObject({
        code: 1,
        err: expect.stringContaining('is not connected to network back'),
      });
      await machine.ok('network', 'disconnect', '-f', 'back', 'web');
      const twice = await machine.proa('network', 'connect', 'front', 'web');
      expect(twice).toMatchObject({
        code: 1,
        err: expect.stringContaining('already exists in network front'),
      });
      await machine.clear();
      await machine.ok('network', 'rm', 'front', 'back');
    });

    test('of a stopped container: from its next start on', async () => {
      for (const name of ['front', 'back']) await machine.ok('network', 'create', name);
      await machine.ok('create', '--name=two', '--network=front', IMAGE, 'ip', '-o', '-4', 'addr');
      await machine.ok('network', 'connect', 'back', 'two');
      expect(await machine.ok('ps', '-a', '--filter=network=back', '--format={{.Networks}}')).toBe(
        'front,back',
      );
      expect((await machine.ok('start', '-a', 'two')).match(/eth\d/g)).toEqual([
        'eth0',
        'eth0',
        'eth1',
        'eth1',
      ]);
      await machine.ok('network', 'disconnect', 'front', 'two');
      expect((await machine.ok('start', '-a', 'two')).match(/eth\d/g)).toEqual(['eth0', 'eth0']);
      await machine.clear();
      await machine.ok('network', 'rm', 'front', 'back');
    });

    test('what has no networks cannot be connected', async () => {
      await machine.ok('network', 'create', 'front');
      await machine.ok('create', '--name=alone', '--network=none', IMAGE);
      await machine.ok('create', '--name=hosts', '--network=host', IMAGE);
      for (const name of ['alone', 'hosts'])
        expect((await machine.proa('network', 'connect', 'front', name)).code).toBe(1);
      expect((await machine.proa('network', 'connect', 'nope', 'alone')).err).toContain(
        'network nope not found',
      );
      expect((await machine.proa('network', 'connect', '--gw-priority=1', 'front', 'alone')).err).toContain(
        'gw-priority',
      );
      await machine.ok('network', 'rm', 'front');
    });
  },
  { network: true },
);

describeAs('root', (machine) => {
  test('published ports move to another network when theirs goes', async () => {
    for (const name of ['front', 'back']) await machine.ok('network', 'create', name);
    const port = await freePort();
    await machine.ok(
      ...[
        'run',
        '-d',
        '--name=web',
        '--hostname=web',
        '--network=front',
        '--network=back',
        `-p=${port}:80`,
        IMAGE,
        ...SERVER,
      ],
    );
    expect(await get('127.0.0.1', port)).toBe('hello from web\n');
    await machine.ok('network', 'disconnect', 'front', 'web');
    expect(await get('127.0.0.1', port)).toBe('hello from web\n');
    const fixed = [
      '--ip',
      (await machine.inspect('web')).NetworkSettings.Networks.back.IPAddress.replace(/\d+$/, '77'),
    ];
    expect((await machine.proa('network', 'connect', ...fixed, 'front', 'web')).err).toContain(
      "no host's address",
    );
    expect((await machine.proa('system', 'check')).code).toBe(0);
    await machine.clear();
    await machine.ok('network', 'rm', 'front', 'back');
  });
});
