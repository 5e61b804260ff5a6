// A reboot as an ordinary user sees it: no processes, no mounts, an empty XDG_RUNTIME_DIR. (As root: __tests__/fault.)
import { readdirSync, rmSync } from 'node:fs';
import { eventually } from './support/child.ts';
import { processesOf } from './support/leftovers.ts';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(
  ['user', 'single'],
  (machine) => {
    test('every container is listed as exited, with its changes, and can be started', async () => {
      await machine.ok(
        'run',
        '-d',
        '--name=ran',
        '-v=data:/data',
        '-p=127.0.0.1::80',
        IMAGE,
        'sh',
        '-c',
        'echo run >> /data/runs; echo run >> /runs; exec sleep 100',
      );
      await machine.ok('run', '--name=ended', '--network=none', IMAGE, 'true');
      await machine.ok('create', '--name=fresh', '--network=none', IMAGE, 'echo', 'fresh');

      for (const line of processesOf(machine.traces)) {
        const [, pid] = /^process (\d+):/.exec(line)!;
        process.kill(Number(pid), 'SIGKILL');
      }
      expect(
        await eventually(
          () => processesOf(machine.traces),
          (left) => left.length === 0,
        ),
      ).toEqual([]);
      for (const name of readdirSync(`${machine.folder}/run`))
        rmSync(`${machine.folder}/run/${name}`, { recursive: true });

      const rows = (await machine.ok('ps', '-a', '--format={{.Names}} {{.State}}')).split('\n').sort();
      expect(rows).toEqual(['ended exited', 'fresh created', 'ran exited']);
      expect(await machine.inspect('ran', '{{json .State}}')).toMatchObject({
        Running: false,
        ExitCode: 255,
        Pid: 0,
      });
      await machine.ok('start', 'ran');
      expect(
        await eventually(
          async () => (await machine.proa('exec', 'ran', 'cat', '/runs', '/data/runs')).out,
          (text) => text.length === 16,
        ),
      ).toBe('run\nrun\nrun\nrun\n');
      expect(await machine.ok('start', '-a', 'fresh')).toBe('fresh');
      expect(await machine.shOk('echo new ones too')).toBe('new ones too');
    });
  },
  { network: true },
);
