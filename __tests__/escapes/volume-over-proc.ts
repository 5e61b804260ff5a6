import { readdirSync } from 'node:fs';
import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

const REFUSED = {
  code: 125,
  err: expect.stringMatching(/^Error: mount \w+ on \/\w+[\w/-]*: that is the kernel's place\n/),
};

export const attempt = defineEscape(
  'CVE-2019-16884, CVE-2023-28642: an image that mounts over /proc',
  ['root'],
  (stage) => {
    test('is refused for what an image declares, and leaves no volume', async () => {
      const { machine } = stage;
      const volumes = `${machine.root}/volumes`;
      const before = readdirSync(volumes);
      for (const place of ['/proc', '/x/../proc//', '/proc/self/attr', '/proc/sys', '/sys/kernel']) {
        const image = await stage.image([], { Volumes: { [place]: {} } });
        expect({ place, ...(await stage.run(image, 'ls /proc')) }).toMatchObject(REFUSED);
        if (place !== '/proc') continue;
        expect(await stage.run(image, 'ls /proc', '--image-volume=tmpfs')).toMatchObject(REFUSED);
        expect((await stage.run(image, 'readlink /proc/self', '--image-volume=ignore')).code).toBe(0);
      }
      expect(readdirSync(volumes)).toEqual(before);
    });

    test('and for volumes, images and folders that are asked for', async () => {
      for (const mount of [
        ['-v', 'vol:/proc'],
        ['-v', '/proc'],
        ['-v', `${stage.host}:/proc`],
        ['--tmpfs', '/proc'],
        ['--mount', `type=image,source=${IMAGE},destination=/proc/fs`],
      ])
        expect({ mount, ...(await stage.run(IMAGE, 'true', ...mount)) }).toMatchObject(REFUSED);
      expect((await stage.run(IMAGE, 'test -e /proc/self/stat', '-v', '/proc:/proc')).code).toBe(0);
    });
  },
);
