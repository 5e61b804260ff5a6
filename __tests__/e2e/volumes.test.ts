// `-v`: host folders, files and named volumes.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user', 'single'], (machine) => {
  test('-v mounts a host folder, read-write or read-only', async () => {
    const folder = await machine.makeFolder('shared');
    writeFileSync(`${folder}/given`, 'from host\n');
    expect(await machine.shOk('cat /m/given; echo 1 > /m/made', '-v', `${folder}:/m`)).toBe('from host');
    expect(readFileSync(`${folder}/made`, 'utf8')).toBe('1\n');
    const { code, err } = await machine.sh('echo > /m/other', '-v', `${folder}:/m:ro`);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/read-only file system/i) });
    expect(existsSync(`${folder}/other`)).toBe(false);
    // One file.
    expect(await machine.shOk('cat /etc/motd', '-v', `${folder}/given:/etc/motd:ro`)).toBe('from host');
    // What is not there is made, as Docker does.
    await machine.shOk('echo 1 > /m/file', '-v', `${folder}/new/one:/m`);
    expect(readdirSync(`${folder}/new/one`)).toEqual(['file']);
  });

  test('-v with a relative host folder', async () => {
    const folder = await machine.makeFolder('work');
    mkdirSync(`${folder}/sub`);
    writeFileSync(`${folder}/sub/file`, 'relative\n');
    const { out } = await machine.proaWith(
      { cwd: folder },
      ...['run', '--rm', '--network=none', '-v', './sub:/m', IMAGE, 'cat', '/m/file'],
    );
    expect(out).toBe('relative\n');
  });

  test('a named volume is made on first use, keeps what is written, and starts with what the image has', async () => {
    await machine.shOk('echo kept > /etc/mine', '-v', 'data:/etc');
    expect(await machine.shOk('cat /vol/mine /vol/not-executable', '-v', 'data:/vol:ro')).toBe('kept\ntext');
    expect((await machine.sh('echo > /vol/x', '-v', 'data:/vol:ro')).code).toBe(1);
    expect(readdirSync(`${machine.root}/volumes`)).toEqual(['data']);
  });
});
