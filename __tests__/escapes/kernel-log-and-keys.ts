import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  "The kernel's log and key rings, which no namespace holds",
  ['root'],
  (stage) => {
    test('the log cannot be read, and the keys of another session are not there', async () => {
      expect(await stage.run(IMAGE, 'dmesg || cat /proc/kmsg /dev/kmsg')).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringMatching(/Operation not permitted/),
      });
      const { out } = await stage.run(IMAGE, 'cat /proc/keys', '--security-opt=unmask=/proc/keys');
      const host = (await stage.machine.as(['cat', '/proc/keys'])).out
        .split('\n')
        .map((line) => line.split(' ')[0]);
      const own = out.split('\n').filter((line) => /keyring +_ses/.test(line));
      expect(own.filter((line) => host.includes(line.split(' ')[0]))).toEqual([]);
    });
  },
);
