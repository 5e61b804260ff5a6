import { existsSync } from 'node:fs';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  'Whiteouts that delete what is no part of the image',
  ['root'],
  (stage) => {
    test('parents, the root, and other layers', async () => {
      const { machine } = stage;
      for (const name of [
        '.wh...',
        '.wh..',
        'a/.wh...',
        '../.wh.host',
        '.wh.',
        `.wh..${stage.host}`,
        'etc/.wh.../x',
        '.wh..wh..opq/x',
        `${'../'.repeat(12)}${stage.host.slice(1)}/.wh.secret`,
      ]) {
        const { bytes } = stage.archive([
          { name: 'kept', content: 'kept' },
          { name, content: '' },
        ]);
        const { err } = await machine.proaWith({ stdin: bytes }, 'load', '-q');
        expect({ name, crashed: /internal/.test(err) }).toEqual({ name, crashed: false });
        expect(existsSync(`${machine.root}/layers`)).toBe(true);
      }
      // The base layer is whole: it belongs to the other images too.
      expect((await stage.run('bb', 'ls /bin/sh /etc/passwd')).code).toBe(0);
    });
  },
);
