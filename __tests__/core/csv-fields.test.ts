import { csvFields } from '../../lib/core/csv-fields.ts';

const fields = (text: string) => csvFields(text, (why) => new Error(why) as never);

test.each([
  ['a=b', ['a=b']],
  ['a,b,', ['a', 'b', '']],
  ['"a,b",c', ['a,b', 'c']],
  ['"say ""hi""",x', ['say "hi"', 'x']],
  ['""', ['']],
])('%s', (text, parts) => {
  expect(fields(text)).toEqual(parts);
});

test.each(['', '"a', 'a"b', '"a"b'])('%p is told', (text) => {
  expect(() => fields(text)).toThrow(text === '' ? 'EOF' : 'quote');
});
