import { existsSync } from 'node:fs';
import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  'Shared memory and queues of other containers and of the host',
  ['root'],
  (stage) => {
    test('are not seen unless they are shared on purpose', async () => {
      const { machine } = stage;
      await machine.ok(
        'run',
        '-d',
        '--name=c',
        '--network=none',
        IMAGE,
        'sh',
        '-c',
        'echo mine > /dev/shm/proa-escape; sleep 100',
      );
      expect(
        (await stage.run(IMAGE, 'ls -A /dev/shm /dev/mqueue; ipcs -m | grep -c 0x')).out.replace(/\s/g, ''),
      ).toBe('/dev/mqueue:/dev/shm:0');
      expect(existsSync('/dev/shm/proa-escape')).toBe(false);
      expect(await stage.run(IMAGE, 'ls', '--ipc=container:c')).toMatchObject({
        code: 125,
        err: expect.stringContaining('not shareable'),
      });
    });
  },
);
