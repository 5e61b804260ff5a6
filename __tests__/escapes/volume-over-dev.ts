import { readFileSync } from 'node:fs';
import { folder, symlink } from '../storage/tar/support/archive.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  "CVE-2025-31133: masked paths are hidden by the container's own /dev/null",
  ['root'],
  (stage) => {
    test('an image cannot bring a /dev of its own, by a volume or by its files', async () => {
      const members = [
        folder('dev'),
        symlink('dev/null', '/proc/sys/kernel/core_pattern'),
        symlink('dev/zero', stage.secret),
      ];
      const volume = await stage.image(members, { Volumes: { '/dev': {} } });
      expect(await stage.run(volume, 'cat /proc/keys')).toMatchObject({
        code: 125,
        err: expect.stringContaining("mount volume on /dev: that is the kernel's place"),
      });
      const plain = await stage.image(members);
      const { out } = await stage.run(
        plain,
        'cat /proc/keys /proc/timer_list /proc/interrupts; ls -l /dev/null',
      );
      expect(out).not.toContain(readFileSync('/proc/sys/kernel/core_pattern', 'utf8'));
      expect(out).toMatch(/^crw-rw-rw-/);
    });
  },
);
