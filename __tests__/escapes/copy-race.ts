import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { IMAGE } from '../e2e/support/machine.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  'CVE-2018-15664, CVE-2019-10152: cp while the container exchanges folders and links',
  ['root'],
  (stage) => {
    test('nothing of the host is shown or written, both ways', async () => {
      const { machine } = stage;
      const mine = await machine.makeFolder('mine');
      mkdirSync(`${mine}/tree/d`, { recursive: true });
      writeFileSync(`${mine}/payload`, 'payload\n');
      writeFileSync(`${mine}/tree/d/payload`, 'payload\n');
      const swap = `mkdir /x; while :; do mkdir -p /x/d; echo mine > /x/d/secret; mv /x/d /x/o; ln -s ${stage.host} /x/d; rm /x/d; rm -rf /x/o; done 2>/dev/null`;
      await machine.ok('run', '-d', '--name=c', '--network=none', IMAGE, 'sh', '-c', swap);
      const seen = new Set<string>();
      const work = async (round: number) => {
        const target = `${mine}/out-${round}`;
        await machine.proa('cp', `${mine}/payload`, 'c:/x/d/secret');
        await machine.proa('cp', 'c:/x/d/secret', target);
        if (existsSync(target)) seen.add(readFileSync(target, 'utf8'));
        await machine.proa('cp', `${mine}/tree/.`, 'c:/x');
        const { out } = await machine.proaBytes({}, 'cp', '-L', 'c:/x/d', '-');
        expect(out.includes('of the host')).toBe(false);
      };
      for (let round = 0; round < 2; round++) await Promise.all([work(2 * round), work(2 * round + 1)]);
      expect([...seen].filter((text) => !['mine\n', 'payload\n', ''].includes(text))).toEqual([]);
      await machine.ok('rm', '-f', '-t', '0', 'c');
    });
  },
);
