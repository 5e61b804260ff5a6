/** Symbolic links as the smallest records: made at once with their content, or not at all. */
import { AT_FDCWD } from './file.ts';
import { address, check, type PathLike, path, syscall } from './libc.ts';
import { NR } from './numbers.ts';

const buffer = Buffer.alloc(4096);

/**
 * readlink(2).
 * @returns the target; undefined when the name is absent
 */
export function readLink(link: PathLike): string | undefined {
  const n = syscall(NR.readlinkat, AT_FDCWD, path(link), address(buffer), buffer.length);
  if (n === -2) return undefined;
  check(n, 'read link', link);
  return buffer.toString('utf8', 0, n);
}
