// diff: what a container changed.
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  test('lines as Docker writes them, of a running container, at rest, and of the image made of it', async () => {
    const script = [
      'mkdir -p /new/deep; echo 1 > /new/deep/file; echo more >> /etc/passwd; rm /bin/wc; chmod 700 /root',
      'rm -rf /etc/sub; touch -d 2001-01-01 /etc/group; exec 3<> /etc/not-executable; exec 3>&-; touch /etc/zz',
      // Deleted and made again: the rest of it is gone.
      'rm -rf /tree; mkdir /tree; echo same > /tree/kept; touch -d 2002-01-01 /tree/kept; : > "/with space"',
    ].join('; ');
    await machine.ok(
      'run',
      '--name',
      'base',
      '--network=none',
      IMAGE,
      'sh',
      '-c',
      'mkdir -p /etc/sub /tree/gone; echo same > /tree/kept; echo > /tree/lost',
    );
    await machine.ok('commit', 'base', 'base');
    await machine.ok(
      'run',
      '-d',
      '--name',
      'c',
      '--network=none',
      '-v',
      'data:/vol',
      'base',
      'sh',
      '-c',
      `${script}; touch /vol/x; sleep 100`,
    );
    await machine.ok('exec', 'c', 'sh', '-c', 'until [ -e /vol/x ]; do :; done');
    const expected = [
      'C /bin',
      'D /bin/wc',
      'C /etc',
      'C /etc/group',
      'C /etc/passwd',
      'D /etc/sub',
      'A /etc/zz',
      'A /new',
      'A /new/deep',
      'A /new/deep/file',
      'C /root',
      'C /tree',
      'D /tree/gone',
      'C /tree/kept',
      'D /tree/lost',
      'A /vol',
      'A /with space',
    ];
    expect((await machine.ok('diff', 'c')).split('\n')).toEqual(expected);
    expect((await machine.ok('container', 'diff', 'c', 'base')).split('\n')).toEqual(expected);
    await machine.ok('stop', '-t', '0', 'c');
    expect((await machine.ok('diff', 'c')).split('\n')).toEqual(expected);
    await machine.ok('commit', '-q', 'c', 'next');
    expect((await machine.ok('diff', 'next')).split('\n')).toEqual(expected);
    expect(JSON.parse(await machine.ok('diff', '--format', 'json', 'c'))).toEqual({
      changed: expected.filter((line) => line.startsWith('C')).map((line) => line.slice(2)),
      added: expected.filter((line) => line.startsWith('A')).map((line) => line.slice(2)),
      deleted: expected.filter((line) => line.startsWith('D')).map((line) => line.slice(2)),
    });
    expect(
      await machine
        .ok('run', '--rm', '--network=none', 'next', 'ls', '/tree', '/etc/sub', '/bin/wc')
        .catch(String),
    ).toMatch(/\/tree:\nkept\n(.|\n)*\/etc\/sub: No such(.|\n)*/);
    await machine.ok('rmi', '-f', 'next', 'base');
  });

  test('a container that changed nothing, and names that are nothing', async () => {
    await machine.ok('run', '--name', 'c', '--network=none', IMAGE, 'true');
    expect(await machine.proa('diff', 'c')).toEqual({ code: 0, out: '', err: '' });
    await machine.ok('run', '--name', 'last', '--network=none', IMAGE, 'touch', '/new');
    expect(await machine.ok('diff', '--latest')).toBe('A /new');
    expect(await machine.proa('diff')).toMatchObject({ code: 1, out: '' });
    expect(JSON.parse(await machine.ok('diff', '--format=json', 'c'))).toEqual({});
    expect(await machine.proa('diff', 'nope')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/no such container or image/),
    });
    expect((await machine.proa('diff', 'c', 'nope')).code).toBe(1);
  });
});
