import { parseStrictJson } from '../../../lib/oci/model/strict-json.ts';

const parse = (text: string | Uint8Array) => parseStrictJson(text, { code: 'BAD', what: 'read x' });

test.each([
  ['{}', {}],
  ['{"a":{"b":1},"c":{"b":2}}', { a: { b: 1 }, c: { b: 2 } }],
  ['[{"a":1},{"a":2}]', [{ a: 1 }, { a: 2 }]],
  // The same text as a name and as values; quotes and backslashes at their ends.
  ['{"a":"a","b":["a","a"],"\\\\":"\\"","\\"":"\\\\"}', { a: 'a', b: ['a', 'a'], '\\': '"', '"': '\\' }],
  ['{"a":"{\\"a\\":1,\\"a\\":2}"}', { a: '{"a":1,"a":2}' }],
  [`${'['.repeat(100)}${']'.repeat(100)}`, expect.anything()],
])('%s', (text, value) => {
  expect(parse(text)).toEqual(value);
  expect(parse(Buffer.from(text))).toEqual(value);
});

test.each([
  ['{"a":1,"a":2}', 'read x: the name "a" occurs twice in one object'],
  ['{"a":1, "b":[{}], "\\u0061" : 2}', 'read x: the name "a" occurs twice in one object'],
  ['[{"x":{"id":1,"id":1}}]', 'read x: the name "id" occurs twice in one object'],
  [`${'['.repeat(101)}${']'.repeat(101)}`, 'read x: it nests more than 100 levels deep'],
  [`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`, expect.stringMatching(/^read x: it /)],
  ['{"a":', expect.stringMatching(/^read x: it is not JSON: /)],
  [Buffer.of(0x22, 0xff, 0x22), expect.stringMatching(/^read x: it is not JSON: /)],
])('refused: %.40s', (text, message) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'BAD', message }));
});
