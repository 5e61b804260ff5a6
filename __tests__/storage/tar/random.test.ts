/** Random archives of names that get in each other's way: whatever unpacks, rebuilds; nothing escapes or crashes. */
import { readdirSync } from 'node:fs';
import { ProaError } from '../../../lib/core/error.ts';
import { archive, file, folder, link, type MemberOptions, seal, symlink } from './support/archive.ts';
import { Playground } from './support/unpack.ts';

const NAMES = [
  ...['a', 'b', 'a/b', 'a/b/c', 'l', 'l/x', 'b/l/y', './', '/a', 'a/../b', 'l/../a', '../x'],
  ...['.wh.a', 'a/.wh.b', 'a/.wh..wh..opq', '.wh..wh.plnk/z'],
];

/** A small generator of repeatable numbers (the C standard's example of rand). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

function randomMember(random: (below: number) => number): MemberOptions {
  const name = (): string => NAMES[random(NAMES.length)]!;
  const sparse = { 'GNU.sparse.major': '0', 'GNU.sparse.minor': '1', 'GNU.sparse.size': '100000' };
  const kinds: (() => MemberOptions)[] = [
    () => folder(name()),
    () => symlink(name(), name()),
    () => link(name(), name()),
    () => ({ name: name(), type: '6' }),
    () => ({ ...file('x', 'x'.repeat(random(2000))), pax: { path: name(), mtime: String(random(1e9)) } }),
    () => ({ name: name(), content: 'ab', pax: { ...sparse, 'GNU.sparse.map': '5,1,99999,1' } }),
    () => file(name(), Buffer.alloc(random(200_000), random(3))),
  ];
  return kinds[random(kinds.length)]!();
}

/** Changes a few bytes; some headers get a checksum that holds again. */
function corrupt(bytes: Buffer, random: (below: number) => number): void {
  for (let i = random(4); i > 0; i--) {
    const block = bytes.subarray(random(bytes.length / 512) * 512).subarray(0, 512);
    block[random(512)] = random(256);
    if (random(2) === 0) seal(block);
  }
}

test.each([1, 2, 3, 4])('random archives, seed %d', async (seed) => {
  const random = numbers(seed);
  const open = readdirSync('/proc/self/fd').length;
  let unpacked = 0;
  for (let round = 0; round < 60; round++) {
    let bytes = archive(...Array.from({ length: 1 + random(6) }, () => randomMember(random)));
    if (random(3) === 0) corrupt(bytes, random);
    if (random(10) === 0) bytes = bytes.subarray(0, random(bytes.length));
    using place = new Playground();
    try {
      place.unpack(bytes, { step: [bytes.length || 1, 512, 1000, 70_000][random(4)]!, ignoreOwner: true });
    } catch (error) {
      expect(error).toBeInstanceOf(ProaError);
      continue;
    } finally {
      expect(place.escaped()).toEqual([]);
    }
    unpacked++;
    expect((await place.rebuild()).equals(bytes)).toBe(true);
  }
  expect(unpacked).toBeGreaterThan(10);
  // Jest itself opens some; a leak would be one a round.
  expect(readdirSync('/proc/self/fd').length).toBeLessThan(open + 20);
});
