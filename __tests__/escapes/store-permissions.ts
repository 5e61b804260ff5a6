import { execFileSync } from 'node:child_process';
import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  'CVE-2021-41103: files of the store that a second user of the machine can read or change',
  ['root', 'user'],
  (stage) => {
    test('there are none: images, volumes, environment, logs, sockets', async () => {
      if (process.geteuid!() !== 0) return; // only root can be a second user
      const { machine } = stage;
      await machine.ok(
        ...[
          'run',
          '-d',
          '--name=c',
          '--network=none',
          '-ti',
          '-e',
          'PASSWORD=secret',
          '-v',
          'vol:/v',
          '--ipc=shareable',
        ],
        ...['--health-cmd=true', IMAGE, 'sh', '-c', 'echo logged; sleep 100'],
      );
      await machine.ok('exec', '-d', 'c', 'sleep', '100');
      await machine.ok('commit', 'c', 'committed');
      const asOther = (script: string) =>
        execFileSync(
          'setpriv',
          ['--reuid=54321', '--regid=54321', '--clear-groups', 'sh', '-c', `${script} 2>/dev/null; true`],
          { encoding: 'utf8' },
        )
          .trim()
          .split('\n')
          .filter(Boolean);
      const places = [machine.root, machine.runRoot];
      // The way there may be passed, by the roots of user namespaces; its members are not told.
      expect(
        asOther(
          `find ${places.join(' ')} -mindepth 1 \\( -type f -o -type s -o -type p -o -type l \\) -readable`,
        ),
      ).toEqual([]);
      const names = execFileSync(
        'find',
        [...places, '-mindepth', '1', '-not', '-path', '*/diff/*', '-not', '-path', '*/merged/*'],
        { encoding: 'utf8' },
      ).trim();
      const open = asOther(
        `cat <<'END' | while read -r f; do if [ -r "$f" ] || [ -w "$f" ]; then echo "$f"; fi; done\n${names}\nEND\n`,
      );
      // Which boot it is, everyone knows: /proc/sys/kernel/random/boot_id.
      expect(open.filter((file) => !file.endsWith('/boot-id'))).toEqual([]);
      await machine.ok('rm', '-f', '-t', '0', 'c');
      await machine.ok('volume', 'rm', 'vol');
    });
  },
);
