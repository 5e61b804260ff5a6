import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

/** A colour, a window title, a cleared screen, C1's CSI, and a turned direction of writing. */
const EVIL = '\x1b[31m\x1b]0;owned\x07\x1b[2J\u009b1m\u202e';
const obeyed = (text: string) => /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]/.test(text);

export const attempt = defineEscape(
  'Words of an image or a container that a terminal would obey',
  ['root'],
  (stage) => {
    test('in labels, commands and settings of an image', async () => {
      const { machine } = stage;
      const image = await stage.image([], {
        Cmd: ['sh', '-c', `sleep 100; : ${EVIL}`],
        Labels: { [`key${EVIL}`]: `value${EVIL}\nline` },
        ExposedPorts: { '80/tcp': {} },
        StopSignal: 'SIGKILL',
        WorkingDir: `/work${EVIL}`,
      });
      await machine.ok('run', '-d', '--name=c', '--network=none', image);
      const shown = [
        ['ps', '--no-trunc'],
        ['ps', '--format', 'table {{.Command}}\t{{.Labels}}'],
        ['images', '--no-trunc'],
        ['history', '--no-trunc', image],
        ['inspect', 'c'],
        ['image', 'inspect', image],
        ['events', '--since=1h', '--until=0s'],
        ['top', 'c'],
        ['top', 'c', 'pid', 'args'],
        ['port', 'c'],
        ['system', 'df', '-v'],
        ['stats', '--no-stream'],
      ];
      for (const words of shown) {
        const { out, err, code } = await machine.proa(...words);
        expect({ words, code, obeyed: obeyed(out + err) }).toEqual({ words, code: 0, obeyed: false });
      }
      const [{ Config }] = JSON.parse(await machine.ok('image', 'inspect', image));
      expect(Config.Labels).toEqual({ [`key${EVIL}`]: `value${EVIL}\nline` });
    });

    test('in names of files and in what is said of them', async () => {
      const { machine } = stage;
      await machine.ok('run', '-d', '--name=c', '--network=none', IMAGE, 'sh', '-c', 'sleep 100');
      await machine.ok('exec', 'c', 'touch', `/file${EVIL}\nC forged`);
      const diff = await machine.ok('diff', 'c');
      expect(obeyed(diff)).toBe(false);
      expect(diff.split('\n')).not.toContain('C forged');
      for (const words of [
        ['exec', 'c', `no${EVIL}`],
        ['cp', `c:/none${EVIL}`, '.'],
        ['inspect', `none${EVIL}`],
        ['run', '--rm', '--network=none', '--user', `u${EVIL}`, IMAGE],
        ['rename', 'c', `n${EVIL}`],
        ['volume', 'create', `v${EVIL}`],
        ['pull', `127.0.0.1:9/i${EVIL}`],
        ['load', '-i', `/nowhere${EVIL}`],
      ]) {
        const { out, err, code } = await machine.proa(...words);
        expect({ words, failed: code !== 0, obeyed: obeyed(out + err) }).toEqual({
          words,
          failed: true,
          obeyed: false,
        });
      }
    });
  },
);
