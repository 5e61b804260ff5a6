import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  'CVE-2016-3697, CVE-2024-40635: users of an image who become root',
  ['root'],
  (stage) => {
    test('digits are an id, never a name; an id that does not fit is refused', async () => {
      const image = await stage.image([
        {
          name: 'etc/passwd',
          content: '1000:x:0:0::/:/bin/sh\nbig:x:4294967296:4294967296::/:\nlast:x:4294967295:1::/:\n',
        },
        { name: 'etc/group', content: '50:x:0:\nwide:x:4294967296:\n' },
      ]);
      const ids = 'grep -E "^(Uid|Gid)" /proc/self/status | cut -f2 | tr "\\n" " "';
      expect((await stage.run(image, ids, '--user=1000')).out).toBe('1000 0 ');
      expect((await stage.run(image, ids, '--user=1000:50')).out).toBe('1000 50 ');
      const { machine } = stage;
      await machine.ok('run', '-d', '--name=c', '--network=none', image, 'sleep', '100');
      expect(await machine.ok('exec', '--user=1000', 'c', 'sh', '-c', ids)).toBe('1000 0 ');
      for (const user of ['big', 'last', '1000:wide'])
        expect({ user, ...(await stage.run(image, ids, `--user=${user}`)) }).toMatchObject({
          code: 125,
          out: '',
          err: expect.stringMatching(/in range 0-2147483647/),
        });
      const config = await stage.image([], { User: '4294967296:4294967296' });
      expect(await stage.run(config, ids)).toMatchObject({ code: 125, out: '' });
    });
  },
);
