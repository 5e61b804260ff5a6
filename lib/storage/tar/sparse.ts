/**
 * GNU's sparse files in their four encodings (GNU tar manual, "Storing Sparse Files"). A map lists the file's
 * fragments that are in the archive, one after the other; the rest of the file is a hole.
 */
import { badArchive } from './archive-error.ts';
import { number } from './header.ts';
import { paxNumber } from './pax.ts';

/** Enough for any real file; bounds what a hostile map may occupy in memory (4 MiB). */
const MAX_FRAGMENTS = 262_144;

/** offset, length, offset, length, … */
export type SparseMap = number[];

/** Adds the fragments of an old GNU header ('S': 4 at 386) or of a block that extends it (21 at 0). */
export function addGnuFragments(map: SparseMap, block: Buffer, at: number, count: number): void {
  for (let i = 0; i < count; i++, at += 24) {
    // An unused slot ends the list.
    if (block[at] === 0) return;
    map.push(number(block, at, 12, 'sparse map'), number(block, at + 12, 12, 'sparse map'));
  }
  if (map.length > 2 * MAX_FRAGMENTS) throw tooMany();
}

/** GNU.sparse.map of format 0.1: `offset,length,offset,length`. */
export function parsePaxMap(value: string): SparseMap {
  const map = value === '' ? [] : value.split(',').map((part) => paxNumber('GNU.sparse.map', part));
  if (map.length % 2 !== 0) throw badArchive('sparse map with an odd number of numbers');
  if (map.length > 2 * MAX_FRAGMENTS) throw tooMany();
  return map;
}

/** Format 1.0 keeps its map in front of the data, in whole blocks: COUNT, then OFFSET and LENGTH each, one a line. */
export class LeadingMap {
  private text = '';
  private expected: number | undefined;
  private readonly numbers: number[] = [];

  /** Takes the next block. Returns the map when this block completed it. */
  add(block: Buffer): SparseMap | undefined {
    this.text += block.toString('latin1');
    let from = 0;
    for (;;) {
      const newline = this.text.indexOf('\n', from);
      if (newline < 0) break;
      const value = paxNumber('sparse map', this.text.slice(from, newline));
      from = newline + 1;
      if (this.expected === undefined) {
        if (value > MAX_FRAGMENTS) throw tooMany();
        this.expected = 2 * value;
      } else {
        this.numbers.push(value);
      }
      if (this.numbers.length === this.expected) return this.numbers;
    }
    this.text = this.text.slice(from);
    if (this.text.length > 32) throw badArchive('sparse map with a malformed number');
    return undefined;
  }
}

/**
 * Refuses maps that overlap, run backwards, exceed the file or do not add up to the stored bytes.
 * @param stored bytes of data in the archive
 */
export function checkMap(map: SparseMap, stored: number, size: number): void {
  let position = 0;
  let sum = 0;
  for (let i = 0; i < map.length; i += 2) {
    const offset = map[i]!;
    const length = map[i + 1]!;
    if (offset < position || length < 0 || offset + length > size)
      throw badArchive('sparse map that is out of order');
    position = offset + length;
    sum += length;
  }
  if (sum !== stored) throw badArchive('sparse map that does not match the stored data');
}

function tooMany(): Error {
  return badArchive(`sparse map of more than ${MAX_FRAGMENTS} fragments`);
}
