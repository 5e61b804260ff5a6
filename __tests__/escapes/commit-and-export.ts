import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  'commit, export and save of a container that links to the host',
  ['root'],
  (stage) => {
    test('take the links, never what they point at', async () => {
      const { machine } = stage;
      const script = `ln -s ${stage.secret} /file; ln -s ${stage.host} /folder; mv /etc /old; ln -s ${stage.host} /etc; ln -s /proc/1/root /magic; touch /ready; sleep 100`;
      await machine.ok('run', '-d', '--name=c', '--network=none', IMAGE, 'sh', '-c', script);
      await machine.ok('exec', 'c', '/bin/sh', '-c', 'until [ -e /ready ]; do :; done');
      await machine.ok('commit', 'c', 'linked');
      const outputs = [
        await machine.proaBytes({}, 'export', 'c'),
        await machine.proaBytes({}, 'save', 'linked'),
        await machine.proaBytes({}, 'cp', 'c:/folder', '-'),
        await machine.proaBytes({}, 'cp', '-L', 'c:/file', '-'),
        await machine.proaBytes({}, 'cp', 'c:/etc/secret', '-'),
      ];
      for (const { out } of outputs) expect(out.includes('of the host')).toBe(false);
      expect((await stage.run('linked', 'cat /file /folder/secret /etc/secret')).out).toBe('');
      await machine.ok('rm', '-f', '-t', '0', 'c');
    });
  },
);
