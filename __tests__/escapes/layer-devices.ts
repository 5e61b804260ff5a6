import { execFileSync } from 'node:child_process';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  "CVE-2021-41091: device nodes and set-user-id programs of an image, on the host's disk",
  ['root', 'user'],
  (stage) => {
    test('no other user of the host reaches them, and a user has no devices', async () => {
      const { machine } = stage;
      const members = [{ name: 'su', mode: 0o4755, content: 'x' }];
      const device = { name: 'disk', type: '4', mode: 0o666, major: 254, minor: 0 };
      const { bytes, name } = stage.archive([...members, device]);
      const loaded = await machine.proaWith({ stdin: bytes }, 'load', '-q');
      if (machine.who === 'user')
        expect(loaded.err + (loaded.code === 0 ? 'left out' : '')).toMatch(/disk|left out/);
      const image = loaded.code === 0 ? name : await stage.image(members);
      await machine.ok('run', '-d', '--name=c', '--network=none', image, 'sleep', '100');
      const devices = execFileSync('find', [machine.root, machine.runRoot, '-xdev', '-type', 'b'], {
        encoding: 'utf8',
      });
      if (machine.who === 'user') expect(devices).toBe('');
      if (process.geteuid!() !== 0) return;
      const found = execFileSync(
        'setpriv',
        [
          '--reuid=54321',
          '--regid=54321',
          '--clear-groups',
          'sh',
          '-c',
          `find ${machine.root} ${machine.runRoot} ${machine.home} \\( -perm -4000 -o -type b \\) 2>/dev/null; true`,
        ],
        { encoding: 'utf8' },
      );
      expect(found).toBe('');
    });
  },
);
