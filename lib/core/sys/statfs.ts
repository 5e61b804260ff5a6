/** statfs(2): with what flags the file system that holds a path is mounted. */
import { address, check, type PathLike, path, syscall } from './libc.ts';
import { NR } from './numbers.ts';

/** Bits of f_flags (statfs(2)); the kernel gives them the numbers of the MS_* flags where both exist. */
export const ST = {
  RDONLY: 1,
  NOSUID: 2,
  NODEV: 4,
  NOEXEC: 8,
  NOATIME: 1024,
  NODIRATIME: 2048,
  RELATIME: 4096,
} as const;

/** struct statfs of 64-bit machines: fifteen words; f_flags is the eleventh. */
const SIZE = 120;
const FLAGS_AT = 80;

/** The mount flags at a path, links followed: bits of {@link ST}. */
export function mountFlags(file: PathLike): number {
  const buffer = Buffer.alloc(SIZE);
  check(syscall(NR.statfs, path(file), address(buffer)), 'statfs', file);
  return buffer.readUInt32LE(FLAGS_AT);
}
