import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { archive, file, folder, link, type MemberOptions, symlink } from './support/archive.ts';
import { Playground } from './support/unpack.ts';

/** Unpacks and rebuilds; the two must be one. */
async function roundTrip(bytes: Uint8Array): Promise<void> {
  using place = new Playground();
  place.unpack(bytes, { ignoreOwner: true });
  const rebuilt = await place.rebuild();
  expect(rebuilt.length).toBe(bytes.length);
  expect(rebuilt.equals(bytes)).toBe(true);
}

describe('rebuilding the archive', () => {
  test.each<[string, (MemberOptions | Uint8Array)[]]>([
    ['nothing in it', []],
    [
      'files of all sizes',
      [0, 1, 511, 512, 513, 100_000, 600_000].map((n) => file(`f${n}`, Buffer.alloc(n, `${n}`))),
    ],
    [
      'links and folders',
      [folder('d'), file('d/f'), link('h', 'd/f'), symlink('s', 'd'), file('s/g'), link('i', 's/g')],
    ],
    ['a file written twice', [file('f', 'first'), file('f', 'second')]],
    ['a file written three times, once empty', [file('f', 'first'), file('f', ''), file('f', 'third')]],
    ['the same content twice', [file('f', 'same'), file('f', 'same')]],
    ['a file that becomes a folder', [file('f', 'first'), folder('f'), file('f/g', 'x')]],
    [
      'a folder that becomes a link',
      [file('d/a', 'a'), file('d/e/b', 'b'), symlink('d', 'e'), file('d/a', 'new'), file('d/a', 'newer')],
    ],
    ['a hard link that is overwritten', [file('a', 'first'), link('b', 'a'), file('b', 'second')]],
    [
      'a hard link whose target is overwritten',
      [file('a', 'first'), link('b', 'a'), file('a', 'second'), link('c', 'a')],
    ],
    [
      'a link that takes the place of a file, and goes',
      [file('a', 'A'), file('b', 'B'), link('b', 'a'), file('b', 'C')],
    ],
    [
      'whiteouts with content',
      [file('.wh.x', 'why'), file('d/.wh..wh..opq', 'not'), file('.wh..wh.plnk/1.2', 'z'.repeat(3000))],
    ],
    ['a file that replaces a whiteout', [file('.wh.x', ''), file('x', 'back')]],
    [
      'large holes',
      [
        file('z', Buffer.alloc(3 << 20)),
        file('z', Buffer.concat([Buffer.alloc(1 << 20), Buffer.from('end')])),
      ],
    ],
    ['a volume label', [{ name: 'label', type: 'V' }, file('f')]],
    [
      'an incremental folder with data',
      [{ name: 'd/', type: 'D', mode: 0o755, content: 'Yfile\0Nother\0\0' }, file('d/file')],
    ],
    [
      'bytes behind the end',
      [file('f'), Buffer.alloc(1024), Buffer.from('signature'), Buffer.alloc(1 << 20)],
    ],
    [
      'names that are not UTF-8',
      [
        { name: Buffer.from([0x66, 0xff]), content: 'x' },
        { name: Buffer.from([0x66, 0xff]), content: 'y' },
      ],
    ],
  ])('%s', async (_, members) => {
    await roundTrip(archive(...members));
  });

  test('an archive without an end mark, and an empty one', async () => {
    await roundTrip(archive(file('f')).subarray(0, -1024));
    await roundTrip(Buffer.alloc(0));
  });

  describe('of GNU tar', () => {
    const place = new Playground();
    const from = join(place.path, 'from');
    beforeAll(() => {
      mkdirSync(join(from, 'deep'.repeat(20), 'ü'), { recursive: true });
      writeFileSync(join(from, 'deep'.repeat(20), 'ü', 'f'), 'content');
      writeFileSync(join(from, 'big'), Buffer.alloc(1_500_000, 'not zero'));
      symlinkSync('x'.repeat(150), join(from, 'link'));
      execFileSync('ln', [join(from, 'big'), join(from, 'hard')]);
      execFileSync('mkfifo', [join(from, 'pipe')]);
      const fd = openSync(join(from, 'sparse'), 'w');
      for (let i = 0; i < 60; i++) writeSync(fd, `piece ${i}`, i * 300_000);
      ftruncateSync(fd, 30_000_000);
      closeSync(fd);
    });
    afterAll(() => place[Symbol.dispose]());

    test.each([
      ['--format=pax', '--xattrs'],
      ['--format=gnu'],
      ['--format=ustar'],
      ['--format=v7', '--exclude=pipe', '--exclude=link', '--exclude=deep*'],
      ['--format=gnu', '--sparse'],
      ['--format=pax', '--sparse', '--sparse-version=0.0'],
      ['--format=pax', '--sparse', '--sparse-version=0.1'],
      ['--format=pax', '--sparse', '--sparse-version=1.0'],
      ['--format=gnu', '--label=volume'],
      ['--format=gnu', '--blocking-factor=1'],
    ])('%s %s %s', async (...options) => {
      // A link name of 150 bytes does not fit ustar: tar says so, packs the rest and exits 2.
      const made = Bun.spawnSync([
        'tar',
        '-C',
        from,
        ...options.filter((o) => typeof o === 'string'),
        '-cf',
        '-',
        '.',
      ]);
      expect(made.stdout.length).toBeGreaterThan(1_500_000);
      await roundTrip(made.stdout);
    });
  });

  test('a real tree of thousands of files', async () => {
    using place = new Playground();
    const tar = join(place.path, 'doc.tar');
    execFileSync('bash', ['-c', `cd /usr/share && ls -d doc/[a-l]* | tar --format=pax -cf ${tar} -T -`]);
    await roundTrip(readFileSync(tar));
  });

  test('a displaced sparse file keeps its holes in the recipe', async () => {
    const sparse = (name: string): MemberOptions => ({
      name,
      content: 'abcdef',
      pax: {
        'GNU.sparse.major': '0',
        'GNU.sparse.minor': '1',
        'GNU.sparse.size': String(1 << 30),
        'GNU.sparse.map': `0,2,70000000,2,${(1 << 30) - 2},2`,
      },
    });
    await roundTrip(archive(sparse('s'), file('s', 'gone'), sparse('s'), sparse('t'), sparse('t')));
  });

  describe('of a layer that was tampered with', () => {
    const content = Buffer.alloc(700_000, 'content');
    const damaged = (message: string) =>
      expect.objectContaining({
        code: 'LAYER_DAMAGED',
        message: expect.stringContaining(message),
        hint: expect.anything(),
      });

    test.each<[string, (place: Playground) => void, string]>([
      [
        'a changed byte',
        (place) => writeFileSync(place.at('d/f'), Buffer.concat([content.subarray(1), Buffer.from('!')])),
        'd/f: its content has changed',
      ],
      ['a file cut short', (place) => truncateSync(place.at('d/f'), 600_000), 'd/f: it is shorter'],
      ['a file that is gone', (place) => rmSync(place.at('d/f')), 'd/f: it is not there'],
      [
        'a folder in its place',
        (place) => {
          rmSync(place.at('d/f'));
          mkdirSync(place.at('d/f'));
        },
        'd/f: it is not a file',
      ],
      [
        'a fifo in its place',
        (place) => {
          rmSync(place.at('d/f'));
          execFileSync('mkfifo', [place.at('d/f')]);
        },
        'd/f: it is not a file',
      ],
      [
        'a link to the same content',
        (place) => {
          writeFileSync(join(place.path, 'outside/f'), content);
          rmSync(place.at('d/f'));
          symlinkSync(join(place.path, 'outside/f'), place.at('d/f'));
        },
        'd/f: it is not there',
      ],
      [
        'a link in place of its folder',
        (place) => {
          writeFileSync(join(place.path, 'outside/f'), content);
          rmSync(place.at('d'), { recursive: true });
          symlinkSync('../../outside', place.at('d'));
        },
        'd/f: it is not there',
      ],
      [
        'a recipe cut short',
        (place) => truncateSync(place.recipe, readFileSync(place.recipe).length - 1),
        'it is cut off',
      ],
      ['an empty recipe', (place) => truncateSync(place.recipe, 0), 'it is cut off'],
      ['another file as recipe', (place) => writeFileSync(place.recipe, 'x'.repeat(100)), 'it is no recipe'],
      [
        'a recipe with a changed byte',
        (place) => {
          const bytes = readFileSync(place.recipe);
          bytes[60] = bytes[60]! ^ 1;
          writeFileSync(place.recipe, bytes);
        },
        'does not decompress',
      ],
    ])('%s', async (_, tamper, message) => {
      using place = new Playground();
      place.unpack(archive(file('d/f', content)));
      tamper(place);
      await expect(place.rebuild()).rejects.toEqual(damaged(message));
    });
  });
});
