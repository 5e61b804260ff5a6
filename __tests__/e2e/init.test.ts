// init: everything of a start but the start.
import { readFileSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  test('a process waits; start lets it go on, stop and rm end it, a kill of it is noticed', async () => {
    const status = () => machine.ok('ps', '-a', '--format={{.Status}}');
    await machine.ok('create', '--name=c', '--network=none', IMAGE, 'sh', '-c', 'echo ran; exit 4');
    expect(await machine.ok('init', 'c')).toBe('c');
    expect(await status()).toBe('Initialized');
    const { Pid } = await machine.inspect('c', '{{json .State}}');
    expect(readFileSync(`/proc/${Pid}/cmdline`, 'utf8')).not.toContain('echo');
    expect(await machine.ok('ps', '-q')).toBe('');
    expect(await machine.ok('system', 'check')).toBe('No problems found');
    expect(await machine.proa('init', 'c')).toMatchObject({
      code: 125,
      err: expect.stringContaining('already'),
    });
    expect(await machine.proa('exec', 'c', 'true')).toMatchObject({
      err: expect.stringContaining('not running'),
    });

    expect(await machine.proa('start', '-a', 'c')).toMatchObject({ code: 4, out: 'ran\n' });
    await machine.ok('init', '--all');
    await machine.ok('stop', 'c');
    expect(await status()).toMatch(/^Exited \(137\)/);
    await machine.ok('init', 'c');
    const again = await machine.inspect('c', '{{json .State.Pid}}');
    await machine.as(['kill', '-9', String(again)]);
    expect(await machine.ok('wait', 'c')).toBe('137');
    await machine.ok('init', '--latest');
    expect(await machine.ok('rm', 'c')).toBe('c');
  });
});
