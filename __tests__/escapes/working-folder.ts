import { IMAGE } from '../e2e/support/machine.ts';
import { folder, symlink } from '../storage/tar/support/archive.ts';
import { defineEscape } from './support/escape.ts';

const REFUSED = expect.stringMatching(/it leads through the open files of a process/);

export const attempt = defineEscape(
  'CVE-2024-21626: a working folder that is a descriptor of the runtime',
  ['root'],
  (stage) => {
    test('of run, of the image, through a link of the image', async () => {
      for (const place of ['/proc/self/fd/8', '//proc/thread-self/fd/7/..', '/proc/7/task/7/root'])
        expect(await stage.run(IMAGE, 'ls', '-w', place)).toMatchObject({ code: 125, err: REFUSED });
      const plain = await stage.image([], { WorkingDir: '/proc/self/fd/9' });
      expect(await stage.start(plain)).toMatchObject({ code: 125, err: REFUSED });
      const linked = await stage.image(
        [
          folder('proc/self'),
          folder('proc/self/fd'),
          folder('proc/self/fd/8'),
          symlink('w', '/proc/self/fd/8'),
        ],
        { WorkingDir: '/w' },
      );
      expect(await stage.start(linked)).toMatchObject({ code: 125, err: REFUSED });
    });

    test('of exec, also through a link that the container has made', async () => {
      const { machine } = stage;
      const links = 'for n in 3 4 5 6 7 8 9 10; do ln -s /proc/self/fd/$n /fd$n; done; exec sleep 100';
      await machine.ok('run', '-d', '--name=c', '--network=none', IMAGE, 'sh', '-c', links);
      expect(await machine.proa('exec', '-w', '/proc/self/fd/8', 'c', 'ls')).toMatchObject({ err: REFUSED });
      for (const n of [7, 8]) {
        // Whatever the runtime has open there: the host's folders are not above it.
        const look = `cat ../../../../../../../..${stage.secret}`;
        const { out } = await machine.proa('exec', '-w', `/fd${n}`, 'c', 'sh', '-c', look);
        expect(out).not.toContain('of the host');
      }
    });
  },
);
