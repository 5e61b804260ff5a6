import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync } from 'node:fs';
import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  "Sockets, fifos and process files of a container's monitor",
  ['root', 'user'],
  (stage) => {
    test('belong to who runs it alone', async () => {
      const { machine } = stage;
      const id = await machine.ok(
        'run',
        '-d',
        '--name=c',
        '--network=none',
        '-ti',
        '-e',
        'PASSWORD=secret',
        IMAGE,
        'sleep',
        '100',
      );
      const bundle = `${machine.runRoot}/containers/${id}`;
      const looseFiles = readdirSync(bundle).filter((name) => {
        const stat = lstatSync(`${bundle}/${name}`);
        return (stat.isSocket() || stat.isFIFO()) && (stat.mode & 0o007) !== 0;
      });
      expect(looseFiles).toEqual([]);
      expect(lstatSync(bundle).mode & 0o077).toBe(0);
      if (process.geteuid!() !== 0) return;
      // Environments and arguments of what stays beside it.
      const monitor = await machine.inspect('c', '{{json .State.ConmonPid}}');
      expect(() =>
        execFileSync(
          'setpriv',
          ['--reuid=54321', '--regid=54321', '--clear-groups', 'cat', `/proc/${monitor}/environ`],
          { stdio: 'pipe' },
        ),
      ).toThrow(/Permission denied/);
      expect(execFileSync('cat', [`/proc/${monitor}/cmdline`], { encoding: 'utf8' })).not.toContain('secret');
    });
  },
);
