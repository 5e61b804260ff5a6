// Machines on which something is not installed: the error names it and its package.
import { existsSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';
import { refused } from './support/refused.ts';

const PROGRAMS = [
  {
    who: 'root',
    without: ['crun', 'runc'],
    says: /find crun or runc: not installed\n.*apt-get install crun/,
    network: 'none',
  },
  {
    who: 'root',
    without: ['conmon'],
    says: /find conmon: not installed\n.*apt-get install conmon/,
    network: 'none',
  },
  {
    who: 'user',
    without: ['pasta', 'slirp4netns'],
    says: /find pasta or slirp4netns: not installed\n.*apt-get install passt/,
    network: 'pasta',
  },
] as const;

for (const { who, without, says, network } of PROGRAMS) {
  describeAs(
    who,
    (machine) => {
      test('run names what is missing and its package', async () => {
        // With what the first container makes for all.
        if (network === 'pasta') await machine.shOk('true');
        expect(await refused(machine, ['run', '--rm', `--network=${network}`, IMAGE, 'true'], 125)).toMatch(
          says,
        );
        expect(await machine.proa('doctor')).toMatchObject({
          out: expect.stringMatching(/not installed|missing/i),
        });
        expect(await machine.ok('images', '-q')).not.toBe('');
      });
    },
    { without },
  );
}

describeAs(
  'root',
  (machine) => {
    test('--init without catatonit', async () => {
      expect(await refused(machine, ['run', '--rm', '--network=none', '--init', IMAGE, 'true'], 125)).toMatch(
        /find catatonit: not installed\n.*apt-get install catatonit/,
      );
      expect(existsSync(machine.root)).toBe(true);
    });
  },
  { without: ['catatonit'] },
);
