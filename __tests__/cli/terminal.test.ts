import { closeSync, openSync } from 'node:fs';
import { isTerminal, wantsColour } from '../../lib/cli/terminal.ts';

// The master of a pseudo-terminal is a terminal too, and every machine has one.
const pty = openSync('/dev/ptmx', 'r+');
const file = openSync('/dev/null', 'r+');
afterAll(() => {
  closeSync(pty);
  closeSync(file);
});

test('a terminal is one, a file is not', () => {
  expect([isTerminal(pty), isTerminal(file)]).toEqual([true, false]);
});

test('colour: terminals that can, unless told otherwise', () => {
  expect(wantsColour(pty, { TERM: 'xterm' })).toBe(true);
  expect(wantsColour(file, { TERM: 'xterm' })).toBe(false);
  expect(wantsColour(pty, { TERM: 'dumb' })).toBe(false);
  expect(wantsColour(pty, { TERM: 'xterm', NO_COLOR: '1' })).toBe(false);
  expect(wantsColour(pty, { TERM: 'xterm', NO_COLOR: '' })).toBe(true);
  expect(wantsColour(file, { FORCE_COLOR: '1' })).toBe(true);
  expect(wantsColour(pty, { FORCE_COLOR: '0' })).toBe(false);
});
