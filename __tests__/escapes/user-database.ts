import { symlink } from '../storage/tar/support/archive.ts';
import { defineEscape } from './support/escape.ts';

const ids = 'grep -E "^(Uid|Gid)" /proc/self/status | cut -f2 | tr "\\n" " "';

export const attempt = defineEscape(
  "CVE-2024-9676: the image's /etc/passwd is not what it seems",
  ['root'],
  (stage) => {
    const config = { User: 'someone' };
    const REFUSED = {
      code: 125,
      out: '',
      err: expect.stringMatching(/read \/etc\/passwd in container: it (is no ordinary|has \d+ bytes)/),
    };

    test('a fifo, a device or a file without end holds nobody up', async () => {
      const { machine } = stage;
      const fifo = await stage.image([{ name: 'etc/passwd', type: '6' }], config);
      expect(await stage.run(fifo, ids)).toMatchObject(REFUSED);
      const device = await stage.image([{ name: 'etc/passwd', type: '3', major: 1, minor: 5 }], config);
      expect(await stage.run(device, ids)).toMatchObject(REFUSED);
      expect(await stage.run(device, ids, '--passwd', '--userns=auto:size=10')).toMatchObject({
        code: 125,
      });
      await machine.ok('run', '-d', '--name=c', '--network=none', 'bb', 'sleep', '100');
      await machine.ok('exec', 'c', 'sh', '-c', 'rm /etc/passwd; truncate -s 1099511627776 /etc/passwd');
      expect(await machine.proa('exec', '-u', 'app', 'c', 'id')).toMatchObject({
        out: '',
        err: expect.stringMatching(/read \/etc\/passwd in container: it has 1099511627776 bytes/),
      });
      await machine.ok('exec', '-u', '0', 'c', 'rm', '/etc/passwd').catch(() => machine.ok('rm', '-f', 'c'));
    });

    test("a link to the host's tells nothing of it", async () => {
      const line = 'someone:x:4321:4321::/:/bin/sh\n';
      for (const target of [
        stage.secret,
        `../../../../../../../..${stage.secret}`,
        '/proc/1/root/etc/passwd',
        '/dev/fd/0',
      ]) {
        const image = await stage.image(
          [symlink('etc/passwd', target), { name: 'other', content: line }],
          config,
        );
        expect({ target, ...(await stage.run(image, ids)) }).toMatchObject({
          code: 125,
          err: expect.stringMatching(/unable to find user someone|symbolic links/),
        });
      }
      const inside = await stage.image(
        [symlink('etc/passwd', '/other'), { name: 'other', content: line }],
        config,
      );
      expect((await stage.run(inside, ids)).out).toBe('4321 4321 ');
    });
  },
);
