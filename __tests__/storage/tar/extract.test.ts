import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AT_FDCWD, tryGetXattr, trySetXattr } from '../../../lib/core/sys/file.ts';
import { type FileStatus, tryStatAt } from '../../../lib/core/sys/stat.ts';
import { archive, file, folder, link, type MemberOptions, symlink } from './support/archive.ts';
import { Playground, testAsRoot } from './support/unpack.ts';

const status = (path: string): FileStatus => tryStatAt(AT_FDCWD, path) as FileStatus;

describe('unpacking', () => {
  test('files, folders, links and fifos, with folders that the archive leaves out', () => {
    using place = new Playground();
    const result = place.unpack(
      archive(
        file('a/b/c', 'deep'),
        folder('a'),
        file('empty', ''),
        symlink('to-c', 'a/b/c'),
        symlink('to-nowhere', '/nonexistent/../x'),
        link('same', 'a/b/c'),
        link('same-link', 'to-c'),
        { name: 'pipe', type: '6', mode: 0o600 },
      ),
    );
    expect(place.list()).toEqual([
      'd a',
      'd a/b',
      'f a/b/c',
      'f empty',
      '? pipe',
      'f same',
      'l same-link -> a/b/c',
      'l to-c -> a/b/c',
      'l to-nowhere -> /nonexistent/../x',
    ]);
    expect(place.text('same')).toBe('deep');
    expect(lstatSync(place.at('same')).ino).toBe(lstatSync(place.at('a/b/c')).ino);
    expect(lstatSync(place.at('pipe')).isFIFO()).toBe(true);
    expect(lstatSync(place.at('a/b')).mode & 0o7777).toBe(0o755);
    expect(result).toEqual({ files: 8, diskSize: 4, skipped: { devices: 0, xattrs: 0 } });
  });

  test('modes are exact, whatever the umask, also of folders that were there already', () => {
    using place = new Playground();
    const modes = [0o4755, 0o2711, 0o1777, 0o6644, 0o000, 0o777];
    const old = process.umask(0o077);
    place.unpack(
      archive(
        folder('late', 0o700),
        ...modes.map((mode): MemberOptions => ({ ...file(`f${mode}`), mode })),
        ...modes.map((mode) => folder(`d${mode}`, mode)),
        folder('late', 0o2775),
        folder('late/inner', 0o755),
      ),
    );
    expect(process.umask(old)).toBe(0o077);
    for (const mode of modes) {
      expect(lstatSync(place.at(`f${mode}`)).mode & 0o7777).toBe(mode);
      expect(lstatSync(place.at(`d${mode}`)).mode & 0o7777).toBe(mode);
    }
    expect(lstatSync(place.at('late')).mode & 0o7777).toBe(0o2775);
    // mkdir(2) hands the set-group-ID bit down; the archive does not.
    expect(lstatSync(place.at('late/inner')).mode & 0o7777).toBe(0o755);
  });

  test('times to the nanosecond, of folders too, in whatever order the entries come', () => {
    using place = new Playground();
    const at = (time: string, options: MemberOptions): MemberOptions => ({
      ...options,
      pax: { mtime: time },
    });
    place.unpack(
      archive(
        at('1000.000000001', folder('.')),
        at('1001.5', folder('a')),
        at('1002.123456789', file('a/f')),
        at('1003', folder('a/sub')),
        at('1004', symlink('a/l', 'f')),
        file('late/f'),
        at('1005.25', folder('late')),
        file('late/g'),
        at('-10.5', file('old')),
        file('a/sub/after'),
      ),
    );
    const times = Object.fromEntries(
      ['', 'a', 'a/f', 'a/sub', 'a/l', 'late', 'old'].map((name) => [name, status(place.at(name)).mtime]),
    );
    expect(times).toEqual({
      '': { sec: 1000, nsec: 1 },
      a: { sec: 1001, nsec: 500_000_000 },
      'a/f': { sec: 1002, nsec: 123_456_789 },
      'a/sub': { sec: 1003, nsec: 0 },
      'a/l': { sec: 1004, nsec: 0 },
      late: { sec: 1005, nsec: 250_000_000 },
      old: { sec: -11, nsec: 500_000_000 },
    });
  });

  test('folder times hold with more folders than are kept open, reached through links as well', () => {
    using place = new Playground();
    const names = Array.from({ length: 400 }, (_, i) => `d${i % 20}/e${i}`);
    place.unpack(
      archive(
        ...names.map(
          (name, i): MemberOptions => ({ ...folder(name), pax: { mtime: `${2000 + i}.000000007` } }),
        ),
        symlink('alias', 'd3'),
        ...names.map((name) => file(`${name.replace(/^d3\//, 'alias/')}/file`)),
        ...Array.from({ length: 20 }, (_, i): MemberOptions => ({ ...folder(`d${i}`), mtime: 3000 + i })),
        file('alias/e3/second'),
      ),
    );
    expect(names.map((name) => status(place.at(name)).mtime)).toEqual(
      names.map((_, i) => ({ sec: 2000 + i, nsec: 7 })),
    );
    expect(status(place.at('d3')).mtime).toEqual({ sec: 3003, nsec: 0 });
    expect(place.exists('d3/e3/second')).toBe(true);
  });

  test('names that are not UTF-8', () => {
    using place = new Playground();
    const name = Buffer.from([0x66, 0xff, 0xfe]);
    place.unpack(
      archive(
        { name, content: 'x' },
        { name: 'l', type: '2', linkName: name },
        { name: 'h', type: '1', linkName: name },
      ),
    );
    expect(readFileSync(Buffer.concat([Buffer.from(`${place.diff}/`), name]), 'utf8')).toBe('x');
    expect(readlinkSync(place.at('l'), { encoding: 'buffer' })).toEqual(name);
    expect(place.text('h')).toBe('x');
  });

  test('a later entry replaces an earlier one, of whatever type', () => {
    using place = new Playground();
    const types: Record<string, MemberOptions[]> = {
      file: [{ name: 'x', content: 'file' }],
      folder: [folder('x'), file('x/inside')],
      symlink: [symlink('x', 'anywhere')],
      fifo: [{ name: 'x', type: '6' }],
      link: [link('x', 'target')],
    };
    const expected: Record<string, string> = { folder: 'd', symlink: 'l', fifo: '?', file: 'f', link: 'f' };
    for (const [from, first] of Object.entries(types)) {
      for (const [to, second] of Object.entries(types)) {
        const move = ({ name, ...rest }: MemberOptions): MemberOptions => ({
          ...rest,
          name: `${from}-${to}/${name}`,
        });
        place.unpack(archive(file('target', 'target'), ...first.map(move), ...second.map(move)));
        const lines = place.list(`${from}-${to}`);
        expect(lines[0]![0]).toBe(expected[to]);
        expect(lines.length).toBe(to === 'folder' ? 2 : 1);
        if (to === 'file') expect(place.text(`${from}-${to}/x`)).toBe('file');
        expect(place.text('target')).toBe('target');
      }
    }
  });

  test('a file that replaces a hard link leaves the other name alone', () => {
    using place = new Playground();
    place.unpack(archive(file('a', 'first'), link('b', 'a'), file('b', 'second')));
    expect([place.text('a'), place.text('b')]).toEqual(['first', 'second']);
  });

  test('a hard link to itself, or made twice, changes nothing', () => {
    using place = new Playground();
    place.unpack(
      archive(file('a', 'first'), link('a', 'a'), link('b', 'a'), link('b', 'a'), link('./a', 'b')),
    );
    expect([place.text('a'), place.text('b')]).toEqual(['first', 'first']);
  });

  test('runs of zeros become holes, wherever they are in the content', () => {
    using place = new Playground();
    const content = Buffer.alloc(5 << 20);
    content.write('start');
    content.write('middle', 2_600_001);
    content.write('x', content.length - 1);
    for (const step of [undefined, 65_536, 100_001]) {
      place.unpack(archive({ name: 'holes', content }, { name: 'zeros', content: Buffer.alloc(3 << 20) }), {
        step,
      });
      expect(readFileSync(place.at('holes')).equals(content)).toBe(true);
      expect(readFileSync(place.at('zeros')).equals(Buffer.alloc(3 << 20))).toBe(true);
    }
    place.unpack(archive({ name: 'holes', content }, { name: 'zeros', content: Buffer.alloc(3 << 20) }));
    expect(lstatSync(place.at('holes')).blocks * 512).toBeLessThan(1 << 20);
    expect(lstatSync(place.at('zeros')).blocks).toBe(0);
  });

  test('extended attributes: user.* on files and folders; what cannot be set is counted', () => {
    using place = new Playground();
    const pax = {
      'SCHILY.xattr.user.note': Buffer.from([0, 255, 10]),
      'SCHILY.xattr.security.selinux': 'system_u:object_r:bin_t:s0',
      'SCHILY.xattr.trusted.overlay.opaque': 'y',
      'SCHILY.xattr.trusted.overlay.redirect': '/etc',
      'SCHILY.xattr.user.overlay.metacopy': '',
      'SCHILY.xattr.system.posix_acl_access': 'x',
    };
    const result = place.unpack(
      archive({ ...file('f'), pax }, { ...folder('d'), pax }, { ...symlink('l', 'f'), pax }),
    );
    for (const name of ['f', 'd']) {
      expect(tryGetXattr(place.at(name), 'user.note')).toEqual(new Uint8Array([0, 255, 10]));
      for (const other of ['trusted.overlay.opaque', 'trusted.overlay.redirect', 'user.overlay.metacopy']) {
        expect(tryGetXattr(place.at(name), other)).toBeLessThan(0);
      }
    }
    expect(result.skipped).toEqual({ devices: 0, xattrs: 16 });
  });

  test("the store's default ACL does not change modes", () => {
    using place = new Playground();
    // acl_ea_header, version 2; user::rwx, user:1:rwx, group::---, mask::rwx, other::--- (linux/posix_acl_xattr.h)
    const acl = Buffer.from(
      '02000000' +
        '01000700ffffffff' +
        '0200070001000000' +
        '04000000ffffffff' +
        '10000700ffffffff' +
        '20000000ffffffff',
      'hex',
    );
    expect(trySetXattr(place.diff, 'system.posix_acl_default', acl)).toBe(0);
    place.unpack(archive({ ...file('f'), mode: 0o604 }, folder('d', 0o705), file('d/g')));
    expect(status(place.at('f')).mode & 0o7777).toBe(0o604);
    expect(status(place.at('d')).mode & 0o7777).toBe(0o705);
    expect(tryGetXattr(place.at('d/g'), 'system.posix_acl_access')).toBeLessThan(0);
  });

  testAsRoot('owners, also where a set-group-ID folder would have its way', () => {
    using place = new Playground();
    place.unpack(
      archive(
        { ...folder('shared', 0o2775), uid: 10, gid: 20 },
        file('shared/root'),
        { ...file('shared/other'), uid: 1000, gid: 2_000_000 },
        { ...symlink('shared/link', 'x'), uid: 3, gid: 4 },
        { name: 'shared/pipe', type: '6', uid: 5, gid: 6 },
        { ...file('suid'), uid: 7, gid: 8, mode: 0o6755 },
        { ...folder('late/.'), uid: 9, gid: 9 },
        file('later/f'),
        { ...folder('later', 0o2755), gid: 30 },
        file('later/g'),
      ),
    );
    const owner = (name: string): string => `${status(place.at(name)).uid}:${status(place.at(name)).gid}`;
    expect(
      ['shared', 'shared/root', 'shared/other', 'shared/link', 'shared/pipe', 'suid', 'later/g'].map(owner),
    ).toEqual(['10:20', '0:0', '1000:2000000', '3:4', '5:6', '7:8', '0:0']);
    expect(status(place.at('suid')).mode & 0o7777).toBe(0o6755);
  });

  testAsRoot('ignoreOwner: everything is ours', () => {
    using place = new Playground();
    place.unpack(
      archive({ ...folder('.'), uid: 5 }, { ...file('f'), uid: 1, gid: 2 }, { ...symlink('l', 'f'), uid: 3 }),
      {
        ignoreOwner: true,
      },
    );
    expect([status(place.diff).uid, status(place.at('f')).gid, status(place.at('l')).uid]).toEqual([0, 0, 0]);
  });

  testAsRoot('devices, and trusted.* attributes', () => {
    using place = new Playground();
    place.unpack(
      archive(
        { name: 'null', type: '3', major: 1, minor: 3, mode: 0o666 },
        { name: 'disk', type: '4', major: 259, minor: 70_000, mode: 0o660, gid: 6 },
        { ...file('f'), pax: { 'SCHILY.xattr.trusted.note': 'yes' } },
      ),
    );
    expect(status(place.at('null'))).toMatchObject({ mode: 0o020666, major: 1, minor: 3 });
    expect(status(place.at('disk'))).toMatchObject({ mode: 0o060660, major: 259, minor: 70_000, gid: 6 });
    expect(Buffer.from(tryGetXattr(place.at('f'), 'trusted.note') as Uint8Array).toString()).toBe('yes');
  });

  testAsRoot('file capabilities survive the change of owner, through GNU tar and back to setcap', () => {
    using place = new Playground();
    const from = join(place.path, 'from');
    mkdirSync(from);
    writeFileSync(join(from, 'ping'), '#!/bin/sh\n', { mode: 0o755 });
    execFileSync('setcap', ['cap_net_raw+ep', join(from, 'ping')]);
    execFileSync('chown', ['-h', '0:5', from]);
    const tar = execFileSync('tar', [
      '-C',
      from,
      '--xattrs',
      '--xattrs-include=*',
      '--format=pax',
      '-cf',
      '-',
      '.',
    ]);
    place.unpack(tar);
    expect(execFileSync('getcap', [place.at('ping')]).toString()).toMatch(/cap_net_raw[+=]ep/);
    place.unpack(archive({ ...file('other'), uid: 12, pax: capabilityOf(place.at('ping')) }));
    expect(execFileSync('getcap', [place.at('other')]).toString()).toMatch(/cap_net_raw[+=]ep/);
  });

  test.each(['pax', 'gnu', 'ustar', 'v7'])('what GNU tar packs as %s is what was there', (format) => {
    using place = new Playground();
    const from = join(place.path, 'from');
    const deep = format === 'v7' ? 'deep' : 'deep'.repeat(20);
    mkdirSync(join(from, deep, 'ü'), { recursive: true });
    writeFileSync(join(from, deep, 'ü', 'file with spaces'), 'x'.repeat(100_000), { mode: 0o640 });
    writeFileSync(join(from, 'plain'), '');
    symlinkSync(`${deep}/ü`, join(from, 'link'));
    execFileSync('ln', [join(from, 'plain'), join(from, 'hard')]);
    const tar = execFileSync('tar', ['-C', from, `--format=${format}`, '--sort=name', '-cf', '-', '.']);
    place.unpack(tar);
    const describe = (root: string): string =>
      execFileSync(
        'find',
        ['.', '-printf', `%P %y %m %U %G %s %l ${format === 'pax' ? '%T@' : '%Ts'} %n\n`],
        { cwd: root },
      )
        .toString()
        .split('\n')
        // A folder's size is the file system's affair.
        .map((line) => line.replace(/^(\S* d \d+ \d+ \d+) \d+/, '$1'))
        .sort()
        .join('\n');
    expect(describe(place.diff)).toBe(describe(from));
  });
});

function capabilityOf(path: string): Record<string, Uint8Array> {
  return { 'SCHILY.xattr.security.capability': tryGetXattr(path, 'security.capability') as Uint8Array };
}
