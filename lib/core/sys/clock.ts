/** clock_gettime(2): the time of day finer than the milliseconds of `Date.now()`. */
import { address, check, syscall } from './libc.ts';
import { NR } from './numbers.ts';
import type { Time } from './stat.ts';

const CLOCK_REALTIME = 0;

/** struct timespec. */
const timespec = new BigInt64Array(2);

/** Now, since 1970, to the nanosecond. */
export function timeOfDay(): Time {
  check(syscall(NR.clock_gettime, CLOCK_REALTIME, address(timespec)), 'read the clock');
  return { sec: Number(timespec[0]), nsec: Number(timespec[1]) };
}
