import { parseUnitFile } from '../../../lib/systemd/unit-file/parse.ts';
import { all, last, type UnitFile } from '../../../lib/systemd/unit-file/unit-file.ts';

function parse(text: string): { unit: UnitFile; told: string[] } {
  const told: string[] = [];
  const unit = parseUnitFile(text, 'f', ({ line }, why) => told.push(`${line}: ${why}`));
  return { unit, told };
}

const values = (unit: UnitFile, key: string, section = 'S'): string[] =>
  all(unit, section, key).map(({ value }) => value);

test('sections, comments, white space and repeated keys', () => {
  const { unit, told } = parse('\ufeff# c\n; c\n\n[S]\r\n A = 1 \r\nA=2\n[T]\nA=3\n[S]\nA==4\n');
  expect(told).toEqual([]);
  expect(values(unit, 'A')).toEqual(['1', '2', '=4']);
  expect(values(unit, 'A', 'T')).toEqual(['3']);
  expect(last(unit, 'S', 'A')).toMatchObject({ file: 'f', line: 10, value: '=4' });
});

test('an empty assignment takes back those before it', () => {
  const { unit } = parse('[S]\nA=1\nA=\nA=2\nB=1\nB=');
  expect(values(unit, 'A')).toEqual(['2']);
  expect(last(unit, 'S', 'B')).toBeUndefined();
});

test('lines that go on, across comments and to the end of the file', () => {
  const { unit, told } = parse('[S]\nA=one \\\n# not this\n; nor this\n  two \\\n\tthree\nB=4\\');
  expect(values(unit, 'A')).toEqual(['one  two  three']);
  expect(values(unit, 'B')).toEqual(['4']);
  expect(last(unit, 'S', 'B')?.line).toBe(7);
  expect(told).toEqual([]);
});

test('what is nothing is told with its line', () => {
  const { told } = parse('A=1\n[S\n[S]\nno\n=x\n');
  expect(told).toEqual([
    '1: A=: stands before the first section',
    '2: [S: not a section, as the ] is missing',
    '4: no: not KEY=VALUE',
    '5: =x: not KEY=VALUE',
  ]);
});
