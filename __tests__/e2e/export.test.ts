// export: a container's files as a tar.
import { lstatSync, readFileSync } from 'node:fs';
import { collect } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  test('all files with their attributes, without volumes, to stdout and to a file', async () => {
    const script =
      'mkdir /d; echo text > /d/f; ln /d/f /d/g; ln -s f /d/l; chown 7:8 /d/f; chmod 4711 /d/f; mkfifo /d/p; echo > /vol/x; touch -d @1000000000 /d/f; sleep 100';
    await machine.ok(
      'run',
      '-d',
      '--name',
      'c',
      '--network=none',
      '-v',
      'data:/vol',
      IMAGE,
      'sh',
      '-c',
      script,
    );
    await machine.ok('exec', 'c', 'sh', '-c', 'until [ -n "$(find /d/f -mtime +999)" ]; do :; done');
    const folder = await machine.makeFolder('out');
    for (const state of ['running', 'at rest']) {
      if (state === 'at rest') await machine.ok('stop', '-t', '0', 'c');
      const { out, err, code } = await machine.proaBytes({}, 'export', 'c');
      expect({ code, err }).toEqual({ code: 0, err: '' });
      await machine.ok('export', '-o', `${folder}/c.tar`, 'c');
      expect(readFileSync(`${folder}/c.tar`).equals(out)).toBe(true);
      expect(lstatSync(`${folder}/c.tar`).mode & 0o777).toBe(0o600);
      const listed = await collect(
        ['tar', '-tv', '--full-time', '--numeric-owner', '-f', `${folder}/c.tar`],
        {
          env: { ...machine.env },
        },
      );
      const lines = listed.out.split('\n').map((line) => line.replace(/ +/g, ' '));
      expect(lines).toContain('-rws--x--x 7/8 5 2001-09-09 01:46:40 d/f');
      expect(lines).toContain('hrws--x--x 7/8 0 2001-09-09 01:46:40 d/g link to d/f');
      expect(lines).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^drwxr-xr-x 0\/0 .*d\/$/),
          expect.stringMatching(/^lrwxrwxrwx .* d\/l -> f$/),
          expect.stringMatching(/^p.* d\/p$/),
          expect.stringMatching(/^d.* vol\/$/),
          expect.stringMatching(/^-.* bin\/busybox$/),
        ]),
      );
      expect(listed.out).not.toMatch(/vol\/x| proc\/.| dev\/null/);
    }
    // What goes out comes in again.
    await machine.ok('import', `${folder}/c.tar`, 'again');
    expect(await machine.ok('run', '--rm', '--network=none', 'again', 'cat', '/d/g')).toBe('text');
    await machine.ok('rmi', 'again');
  });

  test('nothing to a terminal, and nothing half', async () => {
    await machine.ok('create', '--name', 'c', IMAGE);
    using tty = machine.terminal(['export', 'c']);
    expect(await tty.ended()).toBe(1);
    expect(tty.screen).toMatch(/refusing to write an archive to a terminal/);
    const { code, err } = await machine.proa('export', '-o', '/no/such/folder/x', 'c');
    expect([code, err]).toEqual([1, expect.stringMatching(/no such file or directory/)]);
    expect((await machine.proa('export', 'nope')).code).toBe(1);
    const cut = await collect(
      ['sh', '-c', '"$@" | head -c 10 > /dev/null', 'sh', ...machine.command('export', 'c')],
      { env: machine.env },
    );
    expect(cut).toMatchObject({ code: 0, err: '' });
  });

  test('memory stays flat', async () => {
    await machine.ok(
      'run',
      '--name',
      'c',
      '--network=none',
      IMAGE,
      'dd',
      'if=/dev/zero',
      'of=/big',
      'bs=1M',
      'count=300',
    );
    const command = machine.command('export', '-o', '/dev/null', 'c');
    const script =
      'import resource,subprocess,sys; subprocess.check_call(sys.argv[1:]); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)';
    const { out, code } = await collect(['python3', '-c', script, ...command], { env: machine.env });
    expect(code).toBe(0);
    expect(Number(out)).toBeLessThan(150_000);
  });
});
