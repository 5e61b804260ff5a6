import { close, O, open } from '../../../lib/core/sys/file.ts';
import { LOCK_EX, LOCK_NB, tryFlock } from '../../../lib/core/sys/flock.ts';
import { TemporaryFolder } from '../../helpers/temporary.ts';

test('a lock is held by the open file, not by the process', () => {
  using folder = new TemporaryFolder();
  const a = open(folder.path, O.RDONLY);
  const b = open(folder.path, O.RDONLY);
  expect(tryFlock(a, LOCK_EX | LOCK_NB)).toBe(0);
  expect(tryFlock(b, LOCK_EX | LOCK_NB)).toBe(-11);
  close(a);
  expect(tryFlock(b, LOCK_EX | LOCK_NB)).toBe(0);
  close(b);
});
