import { constants } from 'node:os';
import { parseSignal } from '../../lib/core/signals.ts';

test.each(Object.entries(constants.signals))('%s is %i', (name, number) => {
  const spellings = [name, name.toLowerCase(), name.slice(3), `${number}`];
  expect(spellings.map(parseSignal)).toEqual(spellings.map(() => number));
});

// glibc keeps 32 and 33 to itself (signal(7), "Real-time signals").
test.each([
  ['RTMIN', 34],
  ['SIGRTMIN+3', 37],
  ['rtmax-1', 63],
  ['SIGRTMAX', 64],
  ['64', 64],
])('%s is %i', (text, number) => {
  expect(parseSignal(text)).toBe(number);
});

test.each([
  '',
  '0',
  '65',
  '-1',
  'SIG',
  'SIGNOPE',
  'RTMIN-1',
  'RTMAX+1',
  'RTMIN+31',
  'RTMIN+',
  '1e1',
  'toString',
])('%j is no signal', (text) => {
  expect(() => parseSignal(text)).toThrow(expect.objectContaining({ code: 'INVALID_SIGNAL' }));
});
