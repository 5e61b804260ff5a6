// container checkpoint and restore.
import { writeFileSync } from 'node:fs';
import { whyNoCriu, writeStandIn } from './support/criu.ts';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(
  'root',
  (machine) => {
    test('a checkpoint ends it against its restart policy, a restore goes on with its files', async () => {
      const runtime = writeStandIn(machine.folder);
      const script = 'echo run >> /runs; echo up; sleep 100';
      const words = ['--name=c', '--network=none', '--restart=always', IMAGE, 'sh', '-c', script];
      await machine.ok(`--runtime=${runtime}`, 'run', '-d', ...words);
      const id = await machine.inspect('c', '{{json .Id}}');
      const file = (name: string) => Bun.file(`${machine.root}/containers/${id}/checkpoint/${name}`);

      writeFileSync(`${runtime}.fails`, '');
      expect(await machine.proa('container', 'checkpoint', 'c')).toMatchObject({
        code: 125,
        err: expect.stringContaining('checkpoint container c: criu failed: 1: Error (criu/x.c:1): no luck'),
      });
      expect(await machine.inspect('c', '{{json .State.Running}}')).toBe(true);
      await machine.as(['rm', `${runtime}.fails`]);

      await machine.ok('container', 'checkpoint', '--pre-checkpoint', 'c');
      await machine.ok('container', 'checkpoint', '--keep', '--leave-running', '--with-previous', 'c');
      expect(await file('words').text()).toMatch(/--leave-running --parent-path=\.\.\/pre-checkpoint/);
      expect(await file('dump.log').exists()).toBe(true);
      expect(await machine.proa('container', 'restore', 'c')).toMatchObject({ code: 125 });

      expect(await machine.ok('container', 'checkpoint', '--tcp-established', '--all')).toBe(id);
      expect(await file('words').text()).toContain('--tcp-established');
      expect(await file('dump.log').exists()).toBe(false);
      expect(await machine.inspect('c', '{{json .State}}')).toMatchObject({
        Status: 'exited',
        CheckpointedAt: expect.stringMatching(/^20/),
      });

      expect(await machine.ok('container', 'restore', '--file-locks', '--all')).toBe(id);
      expect(await Bun.file(`${runtime}.restored`).text()).toMatch(/--file-locks [0-9a-f]{64}\n$/);
      expect(await machine.inspect('c', '{{json .State}}')).toMatchObject({
        Status: 'running',
        RestoredAt: expect.stringMatching(/^20/),
      });
      expect(await machine.ok('exec', 'c', 'cat', '/runs')).toBe('run\nrun');
      await machine.ok('kill', 'c');
      await machine.ok('wait', 'c');
      // The checkpoint went with its restore.
      expect(await machine.proa('container', 'restore', 'c')).toMatchObject({
        code: 125,
        err: expect.stringContaining('there is no checkpoint of it'),
      });
    });
  },
  { skip: whyNoCriu },
);

describeAs(
  'root',
  (machine) => {
    test('without criu the error names the package', async () => {
      await machine.ok('run', '-d', '--name=c', '--network=none', IMAGE, 'sleep', '100');
      expect(await machine.proa('container', 'checkpoint', 'c')).toEqual({
        code: 125,
        out: '',
        err: 'Error: checkpoint container c: criu is not installed\napt-get install criu\n',
      });
    });
  },
  { without: ['criu'] },
);
