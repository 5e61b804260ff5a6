import { renderError } from '../../lib/cli/error-text.ts';
import { ProaError } from '../../lib/core/error.ts';

const cause = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
const error = new ProaError('IMAGE_NOT_FOUND', 'find image: alpine: no such image', {
  hint: "Pull it with 'proa pull alpine'",
  cause,
});

test('what, which, why, and the next step', () => {
  expect(renderError(error)).toBe(
    "Error: find image: alpine: no such image\nPull it with 'proa pull alpine'\n",
  );
  expect(renderError(new ProaError('X', 'a: b: c'))).toBe('Error: a: b: c\n');
});

test('with debug: codes, causes and stacks', () => {
  const text = renderError(error, { debug: true });
  expect(text).toContain('stack: [IMAGE_NOT_FOUND] find image');
  expect(text).toContain('caused by: [EACCES] EACCES: permission denied');
  expect(text).toMatch(/\n\s+at .*error-text\.test/);
});

test('a fault of our own says so, and shows no stack', () => {
  const text = renderError(new TypeError('x is not a function'));
  expect(text).toContain('Error: internal error: x is not a function\n');
  expect(text).toContain('--log-level=debug');
  expect(text).not.toMatch(/\n\s+at /);
  expect(renderError(Object.assign(new TypeError('bad'), { code: 'ERR_INVALID_ARG_TYPE' }))).toContain(
    'internal',
  );
  expect(renderError('thrown text')).toContain('internal error: thrown text');
  expect(renderError(undefined)).toContain('internal error: undefined');
});

test('a failed system call is no fault of ours', () => {
  expect(renderError(cause)).toMatch(/^Error: EACCES: permission denied\n/);
});

test('a chain that bites its tail ends', () => {
  const loop = new ProaError('LOOP', 'a: b: c');
  Object.defineProperty(loop, 'cause', { value: loop });
  expect(renderError(loop, { debug: true }).length).toBeLessThan(100_000);
});

test('what came from outside is shown, not obeyed', () => {
  const error = new ProaError('INVALID_MANIFEST', 'invalid manifest: "\x1b[2J\u202e\0": no', {
    hint: 'a\nb\tc',
  });
  expect(renderError(error)).toBe('Error: invalid manifest: "\\u001b[2J\\u202e\\u0000": no\na\nb\tc\n');
});
