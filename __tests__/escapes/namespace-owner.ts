import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  "CVE-2021-21284: the root of a user namespace in the engine's folders",
  ['root'],
  (stage) => {
    test('may pass to its own root, and change nothing on the way', async () => {
      const { machine } = stage;
      const first = 1_500_000_000;
      // The way there, which a machine's folder closes.
      chmodSync(`${machine.folder}/run`, 0o711);
      const maps = [`--uidmap=0:${first}:65536`, `--gidmap=0:${first}:65536`];
      await machine.ok(
        'run',
        '-d',
        '--name=other',
        '--network=none',
        '-e',
        'PASSWORD=x',
        IMAGE,
        'sleep',
        '100',
      );
      const id = await machine.ok('run', '-d', '--name=c', '--network=none', ...maps, IMAGE, 'sleep', '100');
      const as = (script: string) =>
        execFileSync(
          'setpriv',
          [
            `--reuid=${first}`,
            `--regid=${first}`,
            '--clear-groups',
            'sh',
            '-c',
            `(${script}) 2>/dev/null; true`,
          ],
          { encoding: 'utf8' },
        );
      const places = `${machine.root} ${machine.runRoot}`;
      expect(as(`find ${places} -readable -type f; find ${places} -writable`)).toBe('');
      const bundle = `${machine.runRoot}/containers/${id}`;
      expect(
        as(
          `ls ${bundle}; echo x > ${bundle}/new; mv ${bundle}/merged ${bundle}/moved; cat ${bundle}/config.json`,
        ),
      ).toBe('');
      // Files that it is given are its own, and no links to elsewhere can take their place.
      for (const name of readdirSync(bundle))
        expect(lstatSync(`${bundle}/${name}`).isSymbolicLink()).toBe(false);
    });
  },
);
