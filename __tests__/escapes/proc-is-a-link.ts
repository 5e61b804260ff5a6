import { folder, symlink } from '../storage/tar/support/archive.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  'CVE-2023-27561, CVE-2019-19921: an image whose /proc, /sys or /dev is a link',
  ['root'],
  (stage) => {
    test('nothing is mounted where it leads outside', async () => {
      for (const name of ['proc', 'sys', 'dev']) {
        const image = await stage.image([symlink(name, stage.host)]);
        const { code, out } = await stage.run(image, `cat /${name}/secret ${stage.secret}`);
        expect([name, code === 0, out]).toEqual([name, false, '']);
      }
    });

    test('where a runtime follows it inside, nothing is unmasked', async () => {
      const image = await stage.image([folder('elsewhere'), symlink('proc', '/elsewhere')]);
      const { out } = await stage.run(image, 'cat /proc/keys /elsewhere/keys 2>/dev/null | wc -c');
      expect(out.trim()).toMatch(/^0?$/);
    });
  },
);
