// Tar headers: what was written is read; what is damaged is refused, or read alike however it is cut into pieces.
import { BLOCK, parseHeader } from '../../lib/storage/tar/header.ts';
import { archive, base256, header, type MemberOptions, seal } from '../storage/tar/support/archive.ts';
import { type Collected, collect } from '../storage/tar/support/collect.ts';
import { forAll, type Generator, outcome, SEED } from './generator.ts';

const CODES = ['BAD_ARCHIVE', 'HOSTILE_ARCHIVE'];
const NAME = 'abc/._- é';

function member(generator: Generator): MemberOptions {
  const type = generator.pick(['0', '0', '0', '\0', '1', '2', '3', '5', '6', '7']);
  const hasData = type === '0' || type === '\0' || type === '7';
  return {
    type,
    name: generator.text(NAME, 1, 40),
    linkName: generator.text(NAME, 0, 40),
    mode: generator.below(0o10000),
    uid: generator.below(0o10000000),
    gid: generator.below(0o10000000),
    mtime: generator.below(2 ** 33),
    format: generator.pick(['ustar', 'gnu', 'v7']),
    ...(hasData && { content: generator.bytes(generator.below(1500)) }),
    ...(generator.maybe(0.2) && {
      pax: { path: generator.text(NAME, 1, 120), mtime: `${generator.below(1e9)}.5` },
    }),
  };
}

test(`headers are read as they were written (seed ${SEED})`, () => {
  forAll(2000, (generator) => {
    const options = member(generator);
    const { size = generator.below(8 ** 11) } = options;
    const read = parseHeader(header({ ...options, size }));
    const { type, mode, uid, gid, mtime, format } = options;
    expect(read).toMatchObject({ type, mode, uid, gid, mtime, format, size });
    expect(read.path).toBe(Buffer.from(options.name).toString('latin1'));
    expect(read.linkPath).toBe(Buffer.from(options.linkName ?? '').toString('latin1'));
  });
});

test(`numbers in base 256 (seed ${SEED})`, () => {
  forAll(500, (generator) => {
    const value = Math.floor((generator.next() - 0.5) * 2 ** generator.between(1, 53));
    const block = header({ name: 'x', edit: (bytes) => base256(bytes, BigInt(value), 136, 12) });
    expect(parseHeader(block).mtime).toBe(value === 0 ? 0 : value);
  });
});

test(`damaged headers (seed ${SEED})`, () => {
  let refused = 0;
  forAll(2000, (generator) => {
    const block = header(member(generator));
    for (let i = generator.between(1, 4); i > 0; i--) block[generator.below(BLOCK)] = generator.below(256);
    if (generator.maybe(0.7)) seal(block);
    const read = outcome(CODES, () => parseHeader(block));
    if (!('result' in read)) return void refused++;
    const { size, mtime, mode, uid, gid } = read.result;
    for (const value of [size, mtime, mode, uid, gid]) expect(Number.isSafeInteger(value)).toBe(true);
  });
  expect(refused).toBeGreaterThan(200);
});

test(`archives are read alike in pieces of any size, and no byte is lost (seed ${SEED})`, () => {
  forAll(100, (generator) => {
    const bytes = archive(...generator.list(1, 5, () => member(generator)));
    if (generator.maybe()) {
      const at = generator.below(bytes.length / BLOCK) * BLOCK;
      const block = bytes.subarray(at, at + BLOCK);
      block[generator.below(BLOCK)] = generator.below(256);
      if (generator.maybe()) seal(block);
    }
    const read = (step: number): Collected | string => {
      const result = outcome(CODES, () => collect(bytes, step));
      return 'result' in result ? result.result : result.code;
    };
    const whole = read(bytes.length);
    expect(read(generator.between(1, 1200))).toEqual(whole);
    if (typeof whole !== 'string') expect(whole.bytes.equals(bytes)).toBe(true);
  });
});
