import { readdirSync } from 'node:fs';
import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  'CVE-2021-30465, CVE-2024-45310: a folder of a shared volume becomes a link while another container mounts there',
  ['root'],
  (stage) => {
    test('the mount is in the volume or nowhere', async () => {
      const { machine } = stage;
      const swap = `cd /v; while :; do mkdir -p d; mv d e; ln -s ${stage.host}/folder d; rm d; ln -s / d; rm d; mv e d; done 2>/dev/null`;
      await machine.ok('run', '-d', '--name=c', '--network=none', '-v', 'vol:/v', IMAGE, 'sh', '-c', swap);
      const mine = await machine.makeFolder('mine');
      const look = 'ls / | tr "\\n" " "; ls /v/d/m 2>/dev/null';
      const tries = [];
      for (let i = 0; i < 6; i++) {
        const mounts = ['-v', 'vol:/v', '-v', `${mine}:/v/d/m${i}/deep`, '--tmpfs', `/v/d/t${i}`];
        tries.push(stage.run(IMAGE, look, ...mounts));
        if (i % 2 === 1) await Promise.all(tries);
      }
      for (const { out } of await Promise.all(tries)) expect(out).not.toContain('lost+found');
      expect(readdirSync('/').filter((name) => /^[mt]\d$/.test(name))).toEqual([]);
      await machine.ok('rm', '-f', '-t', '0', 'c');
      await machine.ok('volume', 'rm', 'vol');
    });
  },
);
