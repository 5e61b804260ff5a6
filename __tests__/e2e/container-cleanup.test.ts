// container cleanup: what conmon calls at a container's end, and anyone may call.
import { readdirSync } from 'node:fs';
import { eventually } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  const mounts = () => readdirSync(`${machine.runRoot}/containers`);

  test('takes down what ended, whoever ended it, and leaves what runs alone', async () => {
    const id = await machine.ok('run', '-d', '--name=ends', '--network=none', IMAGE, 'sleep', '1000');
    const other = await machine.ok('run', '-d', '--name=stays', '--network=none', IMAGE, 'sleep', '1000');
    await machine.ok('container', 'cleanup', '--all');
    expect(mounts().sort()).toEqual([id, other].sort());

    // Its monitor first: nobody is there to clean up.
    const { Pid, ConmonPid } = await machine.inspect('ends', '{{json .State}}');
    process.kill(ConmonPid, 'SIGKILL');
    process.kill(Pid, 'SIGKILL');
    await eventually(async () => (await machine.inspect('ends', '{{json .State.Running}}')) === false);
    expect(mounts()).toContain(id);
    await machine.ok('container', 'cleanup', 'ends');
    expect(mounts()).toEqual([other]);
    expect(await machine.inspect('ends', '{{json .State}}')).toMatchObject({ Status: 'exited', Pid: 0 });
    // Again, and of one that was removed: there is nothing to do.
    await machine.ok('container', 'cleanup', 'ends', 'nobody');
    expect(await machine.inspect('stays', '{{json .State.Running}}')).toBe(true);
  });
});
