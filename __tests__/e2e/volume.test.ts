/** `volume create ls inspect exists rm prune`. */
import { du, sizeText } from './support/disk.ts';
import { describeAs, IMAGE } from './support/machine.ts';
import { refused } from './support/refused.ts';

describeAs('root', (machine) => {
  test('volumes come, are listed and described, and go', async () => {
    expect(await machine.ok('volume', 'create', '--label', 'a=b', '--label', 'c', 'data')).toBe('data');
    expect(await machine.ok('volume', 'create', 'data')).toBe('data');
    const nameless = await machine.ok('volume', 'create');
    expect(nameless).toMatch(/^[0-9a-f]{64}$/);
    expect(await machine.ok('volume', 'ls', '--filter', 'name=dat')).toBe(
      'DRIVER    VOLUME NAME\nlocal     data',
    );
    expect(await machine.ok('volume', 'ls', '-q')).toBe([nameless, 'data'].sort().join('\n'));
    expect(await machine.ok('volume', 'list', '--noheading', '-f', 'label=a=b')).toBe('local     data');
    expect(await machine.ok('volume', 'ls', '-q', '-f', 'label=a', '-f', 'label=nope')).toBe('');
    expect(
      await machine.ok(
        'volume',
        'ls',
        '-f',
        'name=data',
        '--format',
        '{{.Labels}} {{.Label "a"}} {{.Links}}',
      ),
    ).toBe('a=b,c= b N/A');
    expect(JSON.parse(await machine.ok('volume', 'ls', '-f', 'name=data', '--format', 'json'))).toMatchObject(
      {
        Driver: 'local',
        Mountpoint: `${machine.root}/volumes/data/_data`,
        Name: 'data',
        Scope: 'local',
      },
    );
    const [data] = JSON.parse(await machine.ok('volume', 'inspect', 'data'));
    expect(data).toMatchObject({
      CreatedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      Driver: 'local',
      Labels: { a: 'b', c: '' },
      Mountpoint: `${machine.root}/volumes/data/_data`,
      Name: 'data',
      Options: {},
      Scope: 'local',
    });
    expect(await machine.proa('volume', 'inspect', '-f', '{{.Name}}', 'data', 'nope')).toEqual({
      code: 1,
      out: 'data\n',
      err: expect.stringContaining('no such volume'),
    });
    expect((await machine.proa('volume', 'exists', 'data')).code).toBe(0);
    expect((await machine.proa('volume', 'exists', 'nope')).code).toBe(1);

    for (const words of [
      ['create', 'a b'],
      ['create', '-d', 'nfs', 'x'],
      ['ls', '-f', 'nope=1'],
      ['rm', 'nope'],
      ['inspect', '--all', 'data'],
    ]) {
      await refused(machine, ['volume', ...words], 1);
    }
    expect(await machine.ok('volume', 'rm', '-f', 'nope')).toBe('nope');
    expect(await machine.ok('volume', 'rm', 'data', nameless)).toBe(`data\n${nameless}`);
    expect(await machine.ok('volume', 'ls', '-q')).toBe('');
  });

  test('what a container uses stays, with its data; prune takes the rest', async () => {
    await machine.ok('volume', 'create', '--label', 'keep', 'kept');
    await machine.ok('volume', 'create', 'free');
    await machine.ok(
      'run',
      '--name=c',
      '--network=none',
      '-v',
      'used:/v',
      IMAGE,
      'sh',
      '-c',
      'echo precious > /v/file',
    );
    await machine.ok(
      'run',
      '--rm',
      '--network=none',
      '-v',
      'free:/v',
      IMAGE,
      'sh',
      '-c',
      'echo 12345678 > /v/file',
    );
    expect(await machine.ok('volume', 'ls', '-q', '-f', 'dangling=true')).toBe('free\nkept');
    expect(await machine.ok('volume', 'ls', '-q', '-f', 'dangling=false')).toBe('used');
    for (const words of [
      ['rm', 'used'],
      ['rm', '-f', 'used'],
    ])
      expect(await refused(machine, ['volume', ...words], 1)).toMatch(
        /in use by container [0-9a-f]{12} \(c\)/,
      );
    // Nobody can be asked, so nothing goes.
    await refused(machine, ['volume', 'prune'], 1);
    using terminal = machine.terminal(['volume', 'prune', '--filter', 'label!=keep']);
    await terminal.until(/not used by at least one container:\r\n {2}- free\r\nAre you sure.*\[y\/N\] /);
    terminal.type('n\n');
    expect(await terminal.ended()).toBe(0);
    await refused(machine, ['volume', 'prune', '-f', '--filter', 'dangling=true'], 1);
    for (const filter of ['driver=image', 'name=^fre$', 'anonymous=true', 'since=free', 'opt=type'])
      expect(await machine.ok('volume', 'prune', '-f', '--filter', filter)).toBe('Total reclaimed space: 0B');

    expect(await machine.ok('volume', 'prune', '-f', '--filter', 'until=1h')).toBe(
      'Total reclaimed space: 0B',
    );
    for (const [name, ...words] of [
      ['free', '--filter', 'label!=keep'],
      ['kept', '-a'],
    ]) {
      const size = sizeText(du(`${machine.root}/volumes/${name}`));
      expect(await machine.ok('volume', 'prune', '-f', ...words)).toBe(
        `Deleted Volumes:\n${name}\n\nTotal reclaimed space: ${size}`,
      );
    }
    expect(await machine.ok('run', '--rm', '--network=none', '-v', 'used:/v', IMAGE, 'cat', '/v/file')).toBe(
      'precious',
    );
    await machine.ok('rm', 'c');
    expect(await machine.ok('volume', 'rm', '--all')).toBe('used');
  });
});
