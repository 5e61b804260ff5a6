import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  "Devices: the host's disks, memory, kernel log and inputs",
  ['root', 'user'],
  (stage) => {
    const nodes = [
      ['c', 1, 1, 'mem'],
      ['c', 1, 4, 'port'],
      ['c', 1, 11, 'kmsg'],
      ['c', 10, 229, 'fuse'],
      ['b', 254, 0, 'vda'],
      ['b', 7, 0, 'loop'],
    ] as const;

    test('there are but the harmless ones, and none can be made', async () => {
      const make = nodes
        .map(
          ([type, major, minor, name]) =>
            `mknod /tmp/${name} ${type} ${major} ${minor} 2>/dev/null && echo made ${name}`,
        )
        .join('; ');
      const { out } = await stage.run(
        IMAGE,
        `find /dev -type b -o -type c | sort | tr "\\n" " "; ${make}; true`,
      );
      expect(out.trim().replace(/ \/dev\/(console|pts\/\d+)/g, '')).toBe(
        '/dev/full /dev/null /dev/pts/ptmx /dev/random /dev/tty /dev/urandom /dev/zero',
      );
    });

    test('nodes of the image, and those that CAP_MKNOD makes, do not open', async () => {
      const image =
        stage.machine.who === 'root'
          ? await stage.image(
              nodes.map(([type, major, minor, name]) => ({
                name,
                type: type === 'c' ? '3' : '4',
                mode: 0o666,
                major,
                minor,
              })),
            )
          : IMAGE;
      const read = nodes
        .map(
          ([type, major, minor, name]) =>
            `mknod /n-${name} ${type} ${major} ${minor} 2>/dev/null; dd if=/n-${name} of=/dev/null bs=1 count=1 2>/dev/null && echo read ${name}; dd if=/${name} bs=1 count=1 of=/dev/null 2>/dev/null && echo read ${name}`,
        )
        .join('; ');
      expect(await stage.run(image, `${read}; true`, '--cap-add=MKNOD')).toMatchObject({ code: 0, out: '' });
    });
  },
);
