// create: a container on disk, of which nothing runs.
import { existsSync, readFileSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  test('prints the id, runs nothing, and starts as it was asked for', async () => {
    const file = `${await machine.makeFolder('ids')}/id`;
    const words = ['--name=made', `--cidfile=${file}`, '-e=A=1', '-w=/tmp', '--network=none', '--rm'];
    const id = await machine.ok('create', ...words, IMAGE, 'sh', '-c', 'echo "$A in $PWD"');
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(readFileSync(file, 'utf8')).toBe(id);
    expect(existsSync(`${machine.runRoot}/containers/${id}`)).toBe(false);
    expect(await machine.ok('ps', '-a', '--format={{.ID}} {{.Status}}')).toBe(`${id.slice(0, 12)} Created`);
    expect(await machine.ok('start', '-a', 'made')).toBe('1 in /tmp');
    expect(await machine.ok('ps', '-aq')).toBe('');
  });

  test('--pull: never, missing, and what is no policy', async () => {
    expect(await machine.proa('create', '--pull=never', 'no-such-image')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/no-such-image/i),
    });
    expect(await machine.ok('create', '--pull=missing', IMAGE)).toMatch(/^[0-9a-f]{64}$/);
    expect(await machine.proa('create', '--pull=sometimes', IMAGE)).toMatchObject({
      code: expect.any(Number),
      out: '',
      err: expect.stringContaining('sometimes'),
    });
  });

  test('what cannot be leaves nothing', async () => {
    const before = await machine.disk();
    for (const [options, says] of [
      [['--memory=lots'], 'lots'],
      [['--volume=a:relative'], 'relative'],
      [['--env-file=/no/such/file'], '/no/such/file'],
      [['--network=container:nobody'], 'nobody'],
      [['--restart=nonsense'], 'nonsense'],
    ] as const) {
      const { code, out, err } = await machine.proa('create', ...options, IMAGE, 'true');
      expect({ code, out, err }).toEqual({
        code: expect.any(Number),
        out: '',
        err: expect.stringContaining(says),
      });
      expect(code).not.toBe(0);
    }
    expect(await machine.ok('ps', '-aq')).toBe('');
    expect(await machine.disk()).toEqual(before);
  });
});
