import { parseGoDuration } from '../../lib/core/go-duration.ts';

test.each([
  ['0', 0],
  ['-0', 0],
  ['1ns', 1],
  ['1us', 1e3],
  ['1µs', 1e3],
  ['1ms', 1e6],
  ['1.5s', 1.5e9],
  ['.5s', 5e8],
  ['1.s', 1e9],
  ['1h2m3s', 3723e9],
  ['-1m', -60e9],
  ['+1m', 60e9],
])('%s is %d ns', (text, nanoseconds) => expect(parseGoDuration(text)).toBeCloseTo(nanoseconds, 0));

test.each(['', '5', '1', 's', '1d', '1 s', '1s ', '--1s', '.s'])('%j is none', (text) =>
  expect(parseGoDuration(text)).toBeUndefined(),
);
