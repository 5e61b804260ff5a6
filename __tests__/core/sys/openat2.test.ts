import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { AT_FDCWD, close, O, open } from '../../../lib/core/sys/file.ts';
import {
  RESOLVE_BENEATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_SYMLINKS,
  tryOpenAt2,
} from '../../../lib/core/sys/openat2.ts';
import { TemporaryFolder } from '../../helpers/temporary.ts';

test('a link out of the folder is refused, kept inside, or not followed, as asked', () => {
  using folder = new TemporaryFolder();
  writeFileSync(`${folder.path}/file`, 'inside');
  symlinkSync('/file', `${folder.path}/link`);
  const fd = open(folder.path, O.PATH | O.DIRECTORY);
  expect(tryOpenAt2(fd, 'link', O.RDONLY, RESOLVE_BENEATH)).toBe(-18); // EXDEV
  expect(tryOpenAt2(fd, 'link', O.RDONLY, RESOLVE_NO_SYMLINKS)).toBe(-40); // ELOOP
  const inside = tryOpenAt2(fd, 'link', O.RDONLY, RESOLVE_IN_ROOT);
  expect(readFileSync(inside, 'utf8')).toBe('inside');
  close(inside);
  const made = tryOpenAt2(fd, 'new', O.WRONLY | O.CREAT, RESOLVE_BENEATH, 0o640);
  const flags = /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${made}`, 'latin1'))![1]!;
  expect(Number.parseInt(flags, 8) & 0o2000000).toBe(0o2000000); // close-on-exec
  close(made);
  close(fd);
  expect(tryOpenAt2(AT_FDCWD, `${folder.path}/missing`, O.RDONLY, 0)).toBe(-2);
});
