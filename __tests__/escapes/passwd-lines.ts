import { chmodSync } from 'node:fs';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  'CVE-2022-4318: an image that writes lines of /etc/passwd and /etc/hosts',
  ['root'],
  (stage) => {
    test('by its working folder, its user or a host name', async () => {
      const image = await stage.image([], { WorkingDir: '/x:/bin/sh\nevil::0:0::/:/bin/sh\ny' });
      // The root of the user namespace has to pass to the container's folder.
      chmodSync(`${stage.machine.folder}/run`, 0o711);
      const options = ['--uidmap=0:1000000:5000', '--gidmap=0:1000000:5000', '--user=3000', '--passwd'];
      const { out } = await stage.run(image, 'cat /etc/passwd', ...options);
      expect(out).toMatch(/^3000:/m);
      expect(out).not.toMatch(/^evil/m);
      for (const option of [
        '--hostname=a\n6.6.6.6 registry',
        '--add-host=a\nb:1.2.3.4',
        '--dns-search=x\nnameserver 6.6.6.6',
      ])
        expect(await stage.run(image, 'true', option)).toMatchObject({ code: 125 });
      const user = await stage.image([], { User: 'a\nroot' });
      expect((await stage.run(user, 'true')).err).toContain('unable to find user a\nroot');
    });
  },
);
