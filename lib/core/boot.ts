import { readFileSync } from 'node:fs';

let known: string | undefined;

/** This boot's id (proc_sys_kernel(5), random/boot_id). */
export function bootId(): string {
  known ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return known;
}
