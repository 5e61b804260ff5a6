import { close, pipe, tryRead, writeAll } from '../../../lib/core/sys/file.ts';
import { POLLHUP, POLLIN, POLLOUT, poll } from '../../../lib/core/sys/poll.ts';

test('what is written to a pipe is read from it', () => {
  const ends = pipe();
  writeAll(ends.write, Buffer.from('hello'));
  expect(poll([{ fd: ends.read, events: POLLIN }], 1000)[0]! & POLLIN).toBe(POLLIN);
  const buffer = Buffer.alloc(10);
  expect(tryRead(ends.read, buffer)).toBe(5);
  expect(buffer.toString('utf8', 0, 5)).toBe('hello');
  close(ends.read);
  close(ends.write);
});

test('each descriptor has its own answer, and patience ends', () => {
  const [a, b] = [pipe(), pipe()];
  const both = [
    { fd: a.read, events: POLLIN },
    { fd: b.read, events: POLLIN },
    { fd: b.write, events: POLLOUT },
  ];
  writeAll(b.write, Buffer.from('x'));
  expect(poll(both, 0)).toEqual([0, POLLIN, POLLOUT]);
  const start = performance.now();
  expect(poll(both.slice(0, 1), 25.5)).toEqual([0]);
  expect(performance.now() - start).toBeGreaterThanOrEqual(25);
  close(a.write);
  expect(poll(both.slice(0, 1), -1)).toEqual([POLLHUP]);
  for (const fd of [a.read, b.read, b.write]) close(fd);
});
