/** flock(2). The kernel drops the lock when the last descriptor of the open file goes, so also when a process dies. */
import { syscall } from './libc.ts';
import { NR } from './numbers.ts';

export const LOCK_SH = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;

/** 0 or -errno (-11, EAGAIN, with LOCK_NB when another holds it). */
export function tryFlock(fd: number, operation: number): number {
  for (;;) {
    const result = syscall(NR.flock, fd, operation);
    if (result !== -4) return result;
  }
}
