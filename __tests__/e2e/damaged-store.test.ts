// Records that something destroyed, and a ROOT that cannot be written: one loss stays one loss.
import { readFileSync, writeFileSync } from 'node:fs';
import { collect } from './support/child.ts';
import { tarOf } from './support/image.ts';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  test('a corrupt record: that one container is reported, all others work', async () => {
    const good = await machine.ok('run', '-d', '--name=good', '--network=none', IMAGE, 'sleep', '100');
    const bad = await machine.ok('create', '--name=bad', IMAGE, 'true');
    const file = `${machine.root}/containers/${bad}/config.json`;
    const record = readFileSync(file);
    for (const garbage of ['{"version": 1, "id": ', '', 'null', '[]', '\0\0\0\0']) {
      writeFileSync(file, garbage);
      const ps = await machine.proa('ps', '-a', '--format={{.Names}}');
      expect({ garbage, ...ps }).toEqual({
        garbage,
        code: 0,
        out: 'good\n',
        err: expect.stringContaining(file),
      });
      expect(await machine.ok('exec', 'good', 'echo', 'works')).toBe('works');
      expect(await machine.shOk('echo works')).toBe('works');
      for (const words of [
        ['start', 'bad'],
        ['inspect', 'bad'],
        ['stop', 'bad'],
      ]) {
        const { code, err } = await machine.proa(...words);
        expect({ garbage, words, code, err }).toEqual({
          garbage,
          words,
          code: expect.any(Number),
          err: expect.stringContaining(file),
        });
        expect(code).not.toBe(0);
      }
      const check = await machine.proa('system', 'check');
      expect(check.code).not.toBe(0);
      expect(check.out + check.err).toContain(bad.slice(0, 12));
    }
    writeFileSync(file, record);
    expect((await machine.ok('ps', '-aq', '--no-trunc')).split('\n').sort()).toEqual([good, bad].sort());
  });

  test('a corrupt image record: that one image is reported, all others work', async () => {
    const tar = `${machine.folder}/other.tar`;
    writeFileSync(tar, tarOf({ other: '' }));
    const id = await machine.ok('import', tar, 'other');
    const file = `${machine.root}/images/by-id/${id.slice(7)}.json`;
    const record = readFileSync(file);
    writeFileSync(file, '{"version": 1,');
    const images = await machine.proa('images', '--format={{.Repository}}');
    expect(images).toEqual({ code: 0, out: `${IMAGE}\n`, err: expect.stringContaining(file) });
    expect(await machine.shOk('echo works')).toBe('works');
    expect(await machine.proa('run', '--rm', 'other', 'true')).toMatchObject({
      code: 125,
      err: expect.stringContaining(file),
    });
    writeFileSync(file, record);
    await machine.ok('rmi', 'other');
  });
});

describeAs('root', (machine) => {
  test('a ROOT that cannot be written: looking works, making says so', async () => {
    const { root } = machine;
    const readonly = (...words: string[]) => {
      const script = `mount --bind ${root} ${root} && mount -o remount,bind,ro ${root} && exec "$@"`;
      return collect(
        [
          'unshare',
          '--mount',
          '--propagation=private',
          'sh',
          '-ec',
          script,
          'sh',
          ...machine.command(...words),
        ],
        { env: machine.env },
      );
    };
    const before = await machine.disk();
    expect(await readonly('images', '--format={{.Repository}}')).toEqual({
      code: 0,
      out: `${IMAGE}\n`,
      err: '',
    });
    expect(await readonly('ps', '-a', '-q')).toEqual({ code: 0, out: '', err: '' });
    for (const words of [
      ['run', '--rm', '--network=none', IMAGE, 'true'],
      ['create', IMAGE],
      ['import', machine.imageTar, 'new'],
      ['tag', IMAGE, 'new'],
      ['rmi', IMAGE],
    ]) {
      const { code, err } = await readonly(...words);
      expect({ words, code, err }).toEqual({
        words,
        code: expect.any(Number),
        err: expect.stringMatching(/^Error: .*read-only/m),
      });
      expect(code).not.toBe(0);
    }
    expect(await machine.disk()).toEqual(before);
  });

  test('a ROOT that cannot be made', async () => {
    const { code, err } = await machine.proa('--root=/proc/nowhere/root', 'ps');
    expect({ code, err }).toEqual({
      code: expect.any(Number),
      err: expect.stringMatching(/\/proc\/nowhere\/root.*\n.*--root DIR/),
    });
    expect(code).not.toBe(0);
  });
});
