import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  'CVE-2022-2989, CVE-2022-2990, CVE-2022-36109: a group that a process can shed',
  ['root', 'user'],
  (stage) => {
    test("the user's own group is one of its groups, and no group is anybody else's", async () => {
      const { machine } = stage;
      const groups = 'grep ^Groups: /proc/self/status | tr -s " \\t" " "';
      const of = async (...options: string[]) => (await stage.run(IMAGE, groups, ...options)).out.trim();
      expect(await of('--user=app')).toBe('Groups: 29 50');
      expect(await of('--user=7:8')).toBe('Groups: 8');
      await machine.ok('run', '-d', '--name=c', '--network=none', '--user=app', IMAGE, 'sleep', '100');
      expect(await machine.ok('exec', 'c', 'sh', '-c', groups)).toMatch(/^Groups: 29 50/);
      expect(await machine.ok('exec', '-u', '7:8', 'c', 'sh', '-c', groups)).toMatch(/^Groups: 8/);
    });

    test('what is forbidden to a group stays forbidden behind a set-group-id program', async () => {
      const image = await stage.image([
        { name: 'forbidden', mode: 0o604, uid: 0, gid: 50, content: 'others only' },
        { name: 'bin/sg', mode: 0o2755, uid: 0, gid: 77, content: '#!/bin/sh\n' },
      ]);
      const { code, err } = await stage.run(
        image,
        'cp /bin/busybox /tmp/cat 2>/dev/null; cat /forbidden',
        '--user=app',
      );
      expect([code, err]).toEqual([1, expect.stringContaining('Permission denied')]);
    });
  },
);
