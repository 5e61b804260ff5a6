// `network rm` and `network prune`.
import { existsSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(
  ['root', 'user'],
  (machine) => {
    test('one that a container is on stays, and the error says whose it is; then all of it goes', async () => {
      await machine.ok('network', 'create', 'one');
      await machine.ok('run', '-d', '--name=on-it', '--network=one', IMAGE, 'sleep', '99');
      expect(await machine.proa('network', 'rm', 'one')).toMatchObject({
        code: 1,
        err: expect.stringMatching(/has active endpoints: on-it\n.*proa network disconnect one on-it/),
      });
      await machine.ok('stop', '-t0', 'on-it');
      expect(await machine.ok('network', 'rm', 'one')).toBe('one');
      for (const folder of [machine.root, machine.runRoot])
        expect(existsSync(`${folder}/networks/one`)).toBe(false);
      // What is gone is not found at the next start.
      expect((await machine.proa('start', 'on-it')).err).toContain('network one not found');
    });

    test('missing ones: an error each, none with --force; predefined ones stay', async () => {
      await machine.ok('network', 'create', 'one');
      const { code, out, err } = await machine.proa('network', 'rm', 'nope', 'one');
      expect({ code, out }).toEqual({ code: 1, out: 'one\n' });
      expect(err).toContain('network nope not found');
      expect(await machine.ok('network', 'rm', '-f', 'nope')).toBe('nope');
      expect((await machine.proa('network', 'rm', 'host')).err).toContain('pre-defined network');
    });

    test('--force --time takes its containers along', async () => {
      await machine.ok('network', 'create', 'one');
      await machine.ok('run', '-d', '--network=one', IMAGE, 'sleep', '99');
      await machine.ok('create', '--network=one', IMAGE);
      expect(await machine.ok('network', 'rm', '--force', '--time=0', 'one')).toBe('one');
      expect(await machine.ok('ps', '-aq')).toBe('');
    });

    test('prune: those that no container has, as far as they match', async () => {
      for (const words of [['used'], ['--label=keep', 'kept'], ['gone']])
        await machine.ok('network', 'create', ...words);
      await machine.ok('create', '--network=used', IMAGE);
      expect(await machine.ok('network', 'prune', '-f', '--filter=label!=keep')).toBe(
        'Deleted Networks:\ngone\n',
      );
      await machine.clear();
      expect(await machine.ok('system', 'prune', '-f')).toMatch(/^Deleted Networks:\nkept\nused\n/);
      expect(await machine.ok('network', 'prune', '-f')).toBe('');
    });
  },
  { network: true },
);
