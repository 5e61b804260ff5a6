import { readdirSync } from 'node:fs';
import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

const NAMES = ['..', '../../host/new', '/etc/new', 'a\nb', 'a\x1b[1m', 'a b', 'a%2f..', '.hidden'];

export const attempt = defineEscape(
  'Names that lead elsewhere: of containers, volumes and images',
  ['root'],
  (stage) => {
    test('are refused before anything is made', async () => {
      const { machine } = stage;
      const before = await machine.disk();
      for (const name of NAMES) {
        for (const words of [
          ['create', `--name=${name}`, IMAGE],
          ['volume', 'create', name],
          ['tag', IMAGE, name],
          // One that begins with a dot or a slash is a path.
          ...(/^[./]/.test(name) ? [] : [['create', '-v', `${name}:/v`, IMAGE]]),
        ]) {
          const { code, out, err } = await machine.proa(...words);
          expect({ words, failed: code !== 0, out, err }).toEqual({
            words,
            failed: true,
            out: '',
            err: expect.stringMatching(/^(Error|proa): (?!internal)/),
          });
        }
      }
      expect(await machine.disk()).toEqual(before);
      expect(readdirSync(stage.host).sort()).toEqual(['folder', 'secret']);
    });

    test('ids that are paths find nothing, and remove nothing', async () => {
      const { machine } = stage;
      const before = await machine.disk();
      for (const words of [
        ['inspect', '../../images'],
        ['rm', '../containers'],
        ['rmi', '../../volumes'],
        ['volume', 'rm', '..'],
        ['logs', '..'],
        ['container', 'cleanup', '../x'],
        ['container', 'cleanup', '--exec', '../../..', 'x'],
      ])
        await machine.proa(...words);
      expect(await machine.disk()).toEqual(before);
    });
  },
);
