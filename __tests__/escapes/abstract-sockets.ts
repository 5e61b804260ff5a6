import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  "CVE-2020-15257: abstract sockets of the engine in the host's network",
  ['root', 'user'],
  (stage) => {
    test('nothing of Proa listens where --network host could reach it', async () => {
      const { machine } = stage;
      await machine.ok('run', '-d', '--name=other', '--network=host', '-ti', IMAGE, 'sleep', '100');
      const { out } = await machine.proa('run', '--rm', '--network=host', IMAGE, 'cat', '/proc/net/unix');
      const abstract = out.split('\n').filter((line) => / @/.test(line));
      expect(
        abstract.filter((line) => /proa|conmon|crun|runc|shim/.test(line) || line.includes(machine.folder)),
      ).toEqual([]);
    });
  },
);
