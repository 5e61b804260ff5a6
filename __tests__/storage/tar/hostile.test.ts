/** Archives that mean harm, one test each. All run without the chroot, which would hide a hole in the first wall. */
import { lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { archive, file, folder, header, link, type MemberOptions, symlink } from './support/archive.ts';
import { isRoot, Playground, testAsRoot } from './support/unpack.ts';

const hostile = (message: string) =>
  expect.objectContaining({ code: 'HOSTILE_ARCHIVE', message: expect.stringContaining(message) });

/** Unpacks, expects the error, and that nothing is where it should not be. */
function refuse(error: unknown, ...members: (MemberOptions | Uint8Array)[]): void {
  using place = new Playground();
  expect(() => place.unpack(archive(...members))).toThrow(error as Error);
  expect(place.escaped()).toEqual([]);
}

/** Unpacks and expects the layer to hold this and nothing to be elsewhere. */
function contain(expected: string[], ...members: (MemberOptions | Uint8Array)[]): void {
  using place = new Playground();
  place.unpack(archive(...members));
  expect(place.list()).toEqual(expected);
  expect(place.escaped()).toEqual([]);
}

describe('a hostile archive', () => {
  test('names above the root', () => {
    refuse(hostile('leads out of the layer'), file('../outside/escaped'));
    refuse(hostile('leads out of the layer'), file('a/../../outside/escaped'));
    refuse(hostile('leads out of the layer'), folder('..'));
    refuse(hostile('leads out of the layer'), { ...file('x'), pax: { path: '/../escaped' } });
  });

  test('absolute names are names in the layer', () => {
    contain(['f escaped'], file('/escaped'));
    contain(['d etc', 'f etc/escaped'], file('//etc/./escaped'));
  });

  test('a file through a link that leads out', () => {
    contain(
      ['l out -> ../../outside', 'd outside', 'f outside/escaped'],
      symlink('out', '../../outside'),
      file('out/escaped'),
    );
  });

  test('a file through an absolute link', () => {
    using place = new Playground();
    const outside = join(place.path, 'outside');
    place.unpack(archive(symlink('out', outside), file('out/escaped')));
    expect(place.escaped()).toEqual([]);
    expect(place.text(`${outside}/escaped`)).toBe('content of out/escaped\n');
  });

  test('a file through a chain of links, each one step further', () => {
    using place = new Playground();
    place.unpack(
      archive(
        folder('a'),
        symlink('a/up', '..'),
        symlink('a/upper', 'up/..'),
        symlink('a/top', 'upper/../../../outside'),
        file('a/top/escaped'),
      ),
    );
    expect(place.escaped()).toEqual([]);
    expect(place.exists('outside/escaped')).toBe(true);
  });

  test('links that lead to each other', () => {
    refuse(
      expect.objectContaining({ code: 'ELOOP', message: expect.stringContaining('too many symbolic links') }),
      symlink('a', 'b'),
      symlink('b', 'a'),
      file('a/x'),
    );
    refuse(expect.objectContaining({ code: 'ELOOP' }), symlink('self', 'self/self'), file('self/x'));
  });

  test('a file over a link does not go through it', () => {
    using place = new Playground();
    const victim = join(place.path, 'victim');
    writeFileSync(victim, 'untouched', { mode: 0o600 });
    place.unpack(archive(symlink('x', victim), { ...file('x', 'overwritten'), mode: 0o777 }));
    expect(readFileSync(victim, 'utf8')).toBe('untouched');
    expect(lstatSync(victim).mode & 0o777).toBe(0o600);
    expect(place.text('x')).toBe('overwritten');
  });

  test('attributes of a link do not go through it', () => {
    using place = new Playground();
    const victim = join(place.path, 'victim');
    writeFileSync(victim, '', { mode: 0o600 });
    const before = lstatSync(victim);
    place.unpack(
      archive(
        { ...symlink('x', victim), uid: isRoot ? 1000 : 0, mode: 0o777, mtime: 5 },
        {
          ...symlink('y', victim),
          pax: { 'SCHILY.xattr.user.note': 'x' },
        },
      ),
    );
    const after = lstatSync(victim);
    expect([after.mode, after.uid, after.mtimeMs]).toEqual([before.mode, before.uid, before.mtimeMs]);
  });

  test('a folder over a link to a folder replaces the link', () => {
    using place = new Playground();
    const outside = join(place.path, 'outside');
    place.unpack(archive(symlink('d', outside), folder('d', 0o700), file('d/f')));
    expect(readFileSync(place.at('d/f'), 'utf8')).toBe('content of d/f\n');
    expect(lstatSync(place.at('d')).isDirectory()).toBe(true);
    expect(place.escaped()).toEqual([]);
  });

  test('a folder that is replaced by a link between its entries', () => {
    using place = new Playground();
    const outside = join(place.path, 'outside');
    place.unpack(
      archive(folder('d'), file('d/one'), symlink('d', '../../outside'), file('d/escaped'), file('d/more')),
    );
    expect(place.escaped()).toEqual([]);
    expect(place.list()).toEqual([
      'l d -> ../../outside',
      'd outside',
      'f outside/escaped',
      'f outside/more',
    ]);
    expect(lstatSync(outside).isDirectory()).toBe(true);
  });

  test('a link that changes its target between entries', () => {
    contain(
      ['d one', 'f one/x', 'l to -> two', 'd two', 'f two/x'],
      symlink('to', 'one'),
      file('to/x'),
      symlink('to', 'two'),
      file('to/x'),
    );
  });

  test('a folder replaced by a link deep in a path that is known already', () => {
    using place = new Playground();
    place.unpack(
      archive(
        file('a/b/c/d/x'),
        symlink('a/b', '../../../outside'),
        file('a/b/c/d/escaped'),
        file('a/b/escaped'),
      ),
    );
    expect(place.escaped()).toEqual([]);
    expect(place.list('outside')).toEqual([
      'd outside/c',
      'd outside/c/d',
      'f outside/c/d/escaped',
      'f outside/escaped',
    ]);
  });

  test('hard links to what is outside', () => {
    using place = new Playground();
    const victim = join(place.path, 'outside-secret');
    writeFileSync(victim, 'secret');
    expect(() => place.unpack(archive(link('x', '../../outside-secret')))).toThrow(
      hostile('leads out of the layer'),
    );
    expect(() => place.unpack(archive(link('x', victim)))).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
    expect(() => place.unpack(archive(symlink('up', '../..'), link('x', 'up/outside-secret')))).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
    expect(lstatSync(victim).nlink).toBe(1);
  });

  test('a hard link to a link that leads out links the link, and a file over it replaces it', () => {
    using place = new Playground();
    const victim = join(place.path, 'outside-secret');
    writeFileSync(victim, 'secret');
    place.unpack(archive(symlink('a', victim), link('b', 'a'), file('b', 'overwritten')));
    expect(readFileSync(victim, 'utf8')).toBe('secret');
    expect(place.text('b')).toBe('overwritten');
    expect(readlinkSync(place.at('a'))).toBe(victim);
  });

  test('a hard link to a folder or to the root', () => {
    refuse(expect.objectContaining({ code: 'EPERM' }), folder('d'), link('x', 'd'));
    refuse(hostile('hard link to the root'), link('x', '.'));
    refuse(hostile('hard link to the root'), link('x', 'a/..'));
  });

  test('the root itself as a link, a file or a device', () => {
    for (const type of ['0', '1', '2', '3', '6']) {
      refuse(hostile("the layer's root cannot be"), { name: './', type, linkName: '/etc', content: '' });
    }
  });

  test('a file as parent of another', () => {
    refuse(
      expect.objectContaining({ code: 'ENOTDIR', message: expect.stringContaining('open folder f') }),
      file('f'),
      file('f/x'),
    );
    refuse(expect.objectContaining({ code: 'ENOTDIR' }), { name: 'p', type: '6' }, file('p/x'));
  });

  testAsRoot('a device is not opened, written or walked into', () => {
    using place = new Playground();
    const device: MemberOptions = { name: 'tty', type: '3', major: 5, minor: 0 };
    place.unpack(archive(device, file('tty', 'written')));
    expect(place.text('tty')).toBe('written');
    expect(() => place.unpack(archive({ ...device, name: 'tty2' }, file('tty2/x')))).toThrow(
      expect.objectContaining({ code: 'ENOTDIR' }),
    );
  });

  test('device numbers that do not exist', () => {
    refuse(hostile('which cannot be'), { name: 'd', type: '4', major: 0o10000, minor: 0 });
    refuse(hostile('which cannot be'), { name: 'd', type: '3', major: 0, minor: 0o4000000 });
  });

  test('a sparse file of petabytes', () => {
    const map = { 'GNU.sparse.major': '0', 'GNU.sparse.minor': '1', 'GNU.sparse.map': '0,4' };
    refuse(expect.objectContaining({ code: expect.stringMatching(/^E(FBIG|INVAL)$/) }), {
      name: 's',
      content: 'abcd',
      pax: { ...map, 'GNU.sparse.size': '9007199254740000' },
    });
    using place = new Playground();
    // What the file system can hold costs nothing, even when it is displaced, which reads all of a file's data.
    const start = performance.now();
    place.unpack(
      archive(
        { name: 's', content: 'abcd', pax: { ...map, 'GNU.sparse.size': String(8 * 2 ** 40) } },
        file('s', 'small'),
      ),
    );
    expect(performance.now() - start).toBeLessThan(2000);
    expect(place.text('s')).toBe('small');
  });

  test('thousands of links to one file, each of them displaced, copy nothing', () => {
    using place = new Playground();
    const content = Buffer.alloc(1 << 20, 'incompressible? no, but a megabyte');
    const members = [file('big', content)];
    for (let i = 0; i < 2000; i++) members.push(link('x', 'big'), file('x', ''));
    const start = performance.now();
    place.unpack(archive(...members));
    expect(performance.now() - start).toBeLessThan(2000);
    expect(lstatSync(place.recipe).size).toBeLessThan(200_000);
  });

  test('nesting without end', () => {
    refuse(hostile('folders deep'), { ...file('x'), pax: { path: `${'d/'.repeat(256)}x` } });
    refuse(hostile('longer than 4095'), { ...file('x'), pax: { path: `${'d'.repeat(200)}/`.repeat(21) } });
    // Step by step, through links, each of which is short.
    const members: MemberOptions[] = [folder('d'), symlink('s0', 'd')];
    for (let i = 1; i < 100; i++)
      members.push(symlink(`s${i}`, `s${i - 1}/a/a/a/a/a/a/a/a/a/a`), file(`s${i}/x`, ''));
    refuse(expect.objectContaining({ code: expect.stringMatching(/HOSTILE_ARCHIVE|ELOOP/) }), ...members);
  });

  test('names that are too long for the file system', () => {
    refuse(expect.objectContaining({ code: 'ENAMETOOLONG' }), {
      ...file('x'),
      pax: { path: 'n'.repeat(256) },
    });
    refuse(expect.objectContaining({ code: 'ENAMETOOLONG' }), {
      ...symlink('x', ''),
      pax: { linkpath: 't'.repeat(5000) },
    });
  });

  test('whiteouts of the folder itself or the one above', () => {
    for (const name of ['.wh.', 'a/.wh..', 'a/.wh...'])
      refuse(hostile('whiteout of nothing'), file(name, ''));
  });

  test('what is in the folder beforehand is not followed either', () => {
    using place = new Playground();
    mkdirSync(place.at('real'));
    symlinkSync(join(place.path, 'outside'), place.at('planted'));
    place.unpack(archive(file('planted/escaped'), file('real/x')));
    expect(place.escaped()).toEqual([]);
  });

  test('an entry whose data is cut off leaves an error, not a crash', () => {
    using place = new Playground();
    const bytes = Buffer.concat([header({ name: 'f', size: 1 << 30 }), Buffer.alloc(5000, 'x')]);
    expect(() => place.unpack(bytes)).toThrow(expect.objectContaining({ code: 'BAD_ARCHIVE' }));
  });
});
