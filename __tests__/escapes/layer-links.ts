import { folder, link, symlink } from '../storage/tar/support/archive.ts';
import { defineEscape, type Stage } from './support/escape.ts';

export const attempt = defineEscape(
  'CVE-2018-8115, CVE-2021-32760: members of a layer that lead out of it',
  ['root', 'user'],
  (stage) => {
    const load = async (...members: Parameters<Stage['image']>[0]) =>
      (await stage.machine.proaWith({ stdin: stage.archive(members).bytes }, 'load', '-q')).err;

    test('names, and links as parents', async () => {
      const up = '../'.repeat(16);
      for (const name of [`${up}${stage.host.slice(1)}/new`, 'a/../../../new', `./${up}x`])
        expect(await load({ name, content: 'bad' })).toMatch(/unpack .*(leads out|\.\.)/);
      await load({ name: `${stage.host}/absolute`, content: 'bad' });
      await load(
        symlink('l', stage.host),
        { name: 'l/new', content: 'bad' },
        { name: 'l/secret', content: 'bad' },
      );
      await load(symlink('l', `${up}${stage.host.slice(1)}`), folder('l/sub'), {
        name: 'l/sub/x',
        content: 'bad',
      });
      await load(symlink('l', stage.secret), { name: 'l', mode: 0o777, content: 'bad' });
      // CVE-2021-32760: the mode of what a link points at.
      await load(symlink('l', stage.secret), link('hard', 'l'), {
        name: 'hard',
        type: '1',
        linkName: 'l',
        mode: 0o777,
      });
    });

    test('hard links to the host', async () => {
      const up = '../'.repeat(16);
      for (const target of [
        stage.secret,
        `${up}${stage.secret.slice(1)}`,
        '/etc/passwd',
        '/proc/self/root/etc/passwd',
      ]) {
        const words = await load(link('hard', target));
        if (target === '/etc/passwd') continue; // the image has one itself
        expect({ target, words }).toEqual({ target, words: expect.stringMatching(/^Error: /) });
      }
    });
  },
);
