import { tryGetXattr } from '../../../lib/core/sys/file.ts';
import { whiteoutOf } from '../../../lib/storage/tar/whiteout.ts';
import { archive, file, folder } from './support/archive.ts';
import { isRoot, Playground } from './support/unpack.ts';

describe('whiteouts', () => {
  test.each([
    ['usr/lib/x', undefined],
    ['usr/.whale', undefined],
    ['usr/lib.wh.x', undefined],
    ['.wh.x', { kind: 'hide', name: 'x' }],
    ['usr/.wh..hidden', { kind: 'hide', name: '.hidden' }],
    ['usr/.wh.....', { kind: 'hide', name: '....' }],
    ['.wh..wh..opq', { kind: 'opaque' }],
    ['usr/.wh..wh..opq', { kind: 'opaque' }],
    ['.wh..wh.plnk', { kind: 'ignored' }],
    ['.wh..wh.plnk/12.34', { kind: 'ignored' }],
    ['.wh..wh.aufs', { kind: 'ignored' }],
    // Not a whiteout by its own name: a folder that is oddly called.
    ['.wh.x/y', undefined],
  ])('%s', (path, expected) => {
    expect(whiteoutOf(path)).toEqual(expected);
  });

  const prefix = isRoot ? 'trusted' : 'user';
  const isOpaque = (place: Playground, name: string): boolean => {
    const value = tryGetXattr(place.at(name), `${prefix}.overlay.opaque`);
    return typeof value !== 'number' && Buffer.from(value).toString() === 'y';
  };

  test('a deleted name is a character device 0:0, an opaque folder has its attribute', () => {
    using place = new Playground();
    place.unpack(
      archive(
        file('usr/.wh.gone', ''),
        file('opt/.wh..wh..opq', ''),
        file('opt/kept'),
        folder('plain'),
        file('.wh..wh.aufs', 'x'),
      ),
    );
    expect(place.list()).toEqual(['d opt', 'f opt/kept', 'd plain', 'd usr', 'c usr/gone']);
    expect(['opt', 'plain', 'usr', ''].map((name) => isOpaque(place, name))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  test('the mark for a user is a user.* attribute', () => {
    using place = new Playground();
    place.unpack(archive(file('opt/.wh..wh..opq', '')), { xattrPrefix: 'user' });
    expect(tryGetXattr(place.at('opt'), 'user.overlay.opaque')).toEqual(new Uint8Array([0x79]));
  });

  test('what the layer itself brings stays, whichever comes first, and hides what is below', () => {
    using place = new Playground();
    place.unpack(
      archive(
        file('f1'),
        file('.wh.f1', ''),
        file('.wh.f2', ''),
        file('f2'),
        folder('d1'),
        file('d1/x'),
        file('.wh.d1', ''),
        file('.wh.d2', ''),
        folder('d2'),
        file('.wh.d3', ''),
        file('d3/x'),
        file('.wh.twice', ''),
        file('.wh.twice', ''),
      ),
    );
    expect(place.list()).toEqual(['d d1', 'f d1/x', 'd d2', 'd d3', 'f d3/x', 'f f1', 'f f2', 'c twice']);
    expect(['d1', 'd2', 'd3'].map((name) => isOpaque(place, name))).toEqual([true, true, true]);
  });

  test('the whole layer may be opaque', () => {
    using place = new Playground();
    place.unpack(archive(file('.wh..wh..opq', ''), file('x')));
    expect(isOpaque(place, '')).toBe(true);
  });
});
