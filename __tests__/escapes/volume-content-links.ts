import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { folder, symlink } from '../storage/tar/support/archive.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  "CVE-2023-0778: links in what becomes a volume's content",
  ['root'],
  (stage) => {
    test('links are copied as links, and a volume that is a link shows nothing of the host', async () => {
      const { machine } = stage;
      const image = await stage.image(
        [
          folder('data'),
          symlink('data/link', stage.secret),
          symlink('data/folder', stage.host),
          symlink('outer', stage.host),
        ],
        { Volumes: { '/outer': {} } },
      );
      expect(
        await stage.run(
          image,
          'cat /data/link /data/folder/secret /outer/secret; ls -A /outer',
          '-v',
          'vol:/data',
        ),
      ).toMatchObject({ out: '' });
      const data = `${machine.root}/volumes/vol/_data`;
      expect(readdirSync(data).sort()).toEqual(['folder', 'link']);
      expect(lstatSync(`${data}/link`).isSymbolicLink()).toBe(true);
      expect(readlinkSync(`${data}/folder`)).toBe(stage.host);
      // A part of it: CVE-2024-21626's kin in subpath.
      for (const subpath of ['folder', 'link', '..', '../volume.json', 'folder/folder'])
        expect(
          await stage.run(
            image,
            'cat /m/secret /m',
            '--mount',
            `type=volume,src=vol,dst=/m,volume-subpath=${subpath}`,
          ),
        ).toMatchObject({ code: 125, out: '' });
      await machine.ok('volume', 'rm', 'vol');
    });
  },
);
