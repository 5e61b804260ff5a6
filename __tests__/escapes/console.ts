import { folder, symlink } from '../storage/tar/support/archive.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  "CVE-2025-52565, CVE-2016-9962: the container's /dev/console and its terminals lead elsewhere",
  ['root'],
  (stage) => {
    test("a terminal is the container's own", async () => {
      const image = await stage.image([
        folder('dev'),
        symlink('dev/console', stage.secret),
        symlink('dev/pts', stage.host),
        symlink('dev/ptmx', '/proc/sys/kernel/core_pattern'),
        symlink('dev/tty', stage.secret),
      ]);
      const { machine } = stage;
      const script =
        'readlink -f /dev/console; tty; echo bad > /dev/console; stat -c %F /dev/console; ls /dev/pts';
      const terminal = machine.terminal(['run', '--rm', '-t', '--network=none', image, 'sh', '-c', script]);
      const code = await terminal.ended();
      const shown = terminal.screen.replaceAll('\r', '');
      expect([code, shown]).toEqual([
        0,
        expect.stringMatching(/^\/dev\/console\n\/dev\/(pts\/0|console)\nbad\ncharacter/),
      ]);
      expect(shown).not.toContain('secret');
    });
  },
);
