import { writeFileSync } from 'node:fs';
import { folder, symlink } from '../storage/tar/support/archive.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  'CVE-2015-3627, CVE-2015-3629: links of the image at the place of a mount',
  ['root'],
  (stage) => {
    test('a mount never lands outside, whatever lies on its way', async () => {
      const { machine } = stage;
      const mine = await machine.makeFolder('mine');
      writeFileSync(`${mine}/file`, 'mine\n');
      const image = await stage.image([
        symlink('absolute', stage.host),
        symlink('up', `../../../../../../../..${stage.host}`),
        symlink('magic', '/proc/1/root'),
        folder('in'),
        symlink('in/side', '/in/there'),
        symlink('loop', 'loop'),
      ]);
      const bind = ['-v', `${mine}:PLACE`];
      for (const [place, mount] of [
        ['/absolute', bind],
        ['/absolute/folder', ['--tmpfs', 'PLACE']],
        ['/up/folder/new', ['-v', 'vol:PLACE']],
        ['/up', ['--mount', 'type=image,source=bb,destination=PLACE']],
        ['/magic/etc', bind],
        ['/loop/x', bind],
        ['/in/side', bind],
        ['/absolute/secret', ['-v', `${mine}/file:PLACE`]],
      ] as const) {
        const options = mount.map((word) => word.replace('PLACE', place));
        const { out } = await stage.run(
          image,
          `echo bad > ${place}/x; cat ${stage.secret}; true`,
          ...options,
        );
        expect(out).not.toContain('of the host');
        stage.expectUntouched();
      }
      await machine.proa('volume', 'rm', '-f', 'vol');
    });
  },
);
