import { symlink } from '../storage/tar/support/archive.ts';
import { defineEscape } from './support/escape.ts';

const FILES = ['hosts', 'resolv.conf', 'hostname', 'localtime', 'passwd', 'group'];

export const attempt = defineEscape(
  'Files that the engine writes into /etc, where the image has links',
  ['root', 'user'],
  (stage) => {
    test('/etc/hosts and its neighbours', async () => {
      const up = `../../../../../../../..${stage.secret}`;
      const image = await stage.image(
        FILES.map((name, i) => symlink(`etc/${name}`, i % 2 === 0 ? stage.secret : up)),
      );
      const script = 'for f in /etc/*; do echo bad > $f; done; cat /etc/localtime /etc/group; true';
      for (const options of [[], ['--tz=UTC', '--passwd', '--user=0']]) {
        expect((await stage.run(image, script, ...options)).out).not.toContain('of the host');
        stage.expectUntouched();
      }
    });

    test('/etc itself, /run and /tmp, with a read-only root and for systemd', async () => {
      const image = await stage.image(['etc', 'run', 'tmp', 'var'].map((name) => symlink(name, stage.host)));
      for (const options of [['--read-only'], ['--systemd=always', '--init']])
        await stage.run(image, 'echo bad > /etc/x; echo bad > /run/x; echo bad > /tmp/x; true', ...options);
    });
  },
);
