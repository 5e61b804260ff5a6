// Docker's checkpoints, which have names, and starts from them.
import { existsSync } from 'node:fs';
import { whyNoCriu, writeStandIn } from './support/criu.ts';
import { describeAs, IMAGE } from './support/machine.ts';
import { refused } from './support/refused.ts';

describeAs(
  'root',
  (machine) => {
    test('several of one container, here and elsewhere', async () => {
      const runtime = writeStandIn(machine.folder);
      const script = 'echo run >> /runs; sleep 100';
      await machine.ok(
        'run',
        `--runtime=${runtime}`,
        '-d',
        '--name=c',
        '--network=none',
        IMAGE,
        'sh',
        '-c',
        script,
      );
      const elsewhere = await machine.makeFolder('elsewhere');
      expect(await machine.ok('checkpoint', 'create', '--leave-running', 'c', 'first')).toBe('first');
      expect(await refused(machine, ['checkpoint', 'create', 'c', 'first'], 1)).toMatch(
        /checkpoint with name first already exists for container c/,
      );
      await refused(machine, ['checkpoint', 'create', 'c', '../second'], 1);
      expect(await machine.ok('checkpoint', 'ls', 'c')).toBe('CHECKPOINT NAME\nfirst');
      await refused(machine, ['start', '--checkpoint=first', 'c'], 1);
      expect(await machine.ok('checkpoint', 'create', `--checkpoint-dir=${elsewhere}`, 'c', 'last')).toBe(
        'last',
      );
      expect(await machine.inspect('c', '{{json .State.Status}}')).toBe('exited');
      expect(await machine.ok('checkpoint', 'ls', `--checkpoint-dir=${elsewhere}`, 'c')).toMatch(/\nlast$/);

      expect(await refused(machine, ['start', '--checkpoint=last', 'c'], 1)).toMatch(
        /checkpoint last does not exist for container c/,
      );
      await refused(machine, ['start', '--checkpoint=first', '--attach', 'c'], 1);
      await refused(machine, ['start', '--checkpoint=first', 'c', 'd'], 1);
      expect(await machine.ok('start', '--checkpoint=last', `--checkpoint-dir=${elsewhere}`, 'c')).toBe('c');
      expect(await Bun.file(`${runtime}.restored`).text()).toContain(`--image-path ${elsewhere}/last `);
      expect(await machine.ok('exec', 'c', 'cat', '/runs')).toBe('run\nrun');
      // They stay, to be started from again.
      await machine.ok('kill', 'c');
      await machine.ok('wait', 'c');
      expect(await machine.ok('start', '--checkpoint=first', 'c')).toBe('c');
      await machine.ok('checkpoint', 'rm', 'c', 'first');
      expect(await machine.ok('checkpoint', 'ls', 'c')).toBe('CHECKPOINT NAME');
      await refused(machine, ['checkpoint', 'rm', 'c', 'first'], 1);
      expect(existsSync(`${elsewhere}/last`)).toBe(true);
    });
  },
  { skip: whyNoCriu },
);
