import { parseCondition } from '../../../lib/engine/container/conditions.ts';

test.each([
  ['stopped', 'stopped'],
  ['exited', 'stopped'],
  ['not-running', 'stopped'],
  ['next-exit', 'next-exit'],
  ['Removed', 'removed'],
  [' healthy ', 'healthy'],
  ['configured', 'created'],
])('%p is %p', (text, condition) => {
  expect(parseCondition(text)).toBe(condition);
});

test.each(['', 'constructor', 'bored'])('%p is none', (text) => {
  expect(() => parseCondition(text)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
});
