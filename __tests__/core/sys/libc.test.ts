import { O, open } from '../../../lib/core/sys/file.ts';

test('a failed call names the step, the object and the reason, with the errno as code', () => {
  expect(() => open('/nonexistent/file', O.RDONLY)).toThrow(
    expect.objectContaining({
      code: 'ENOENT',
      message: 'open /nonexistent/file: no such file or directory',
    }),
  );
});

test('a path with a NUL byte is refused instead of cut short', () => {
  expect(() => open('/etc/passwd\0.txt', O.RDONLY)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
});

test('a path that is longer than the kernel takes is refused, not cut', () => {
  expect(() => open(`/${'x'.repeat(9000)}`, O.RDONLY)).toThrow(
    expect.objectContaining({ code: 'ENAMETOOLONG' }),
  );
});
