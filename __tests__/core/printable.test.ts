import { printable, printableJson, printableLine } from '../../lib/core/printable.ts';

test('what a terminal obeys is spelled out, all else stays', () => {
  expect(printable('plain text, ünïcode 日本 👍\n\tindented')).toBe(
    'plain text, ünïcode 日本 👍\n\tindented',
  );
  expect(printable('\x1b[31m\x07\x7f\u009b1m\r')).toBe('\\u001b[31m\\u0007\\u007f\\u009b1m\\u000d');
  expect(printable('abc\u202etxt.exe\u2066')).toBe('abc\\u202etxt.exe\\u2066');
  expect(printableLine('one\ntwo\tthree')).toBe('one\\u000atwo\\u0009three');
});

test('JSON means the same', () => {
  const value = { 'a\x1b\u009b': ['\u202e\x7f', 'ü'] };
  const text = printableJson(JSON.stringify(value));
  expect(text).toBe('{"a\\u001b\\u009b":["\\u202e\\u007f","ü"]}');
  expect(JSON.parse(text)).toEqual(value);
});
