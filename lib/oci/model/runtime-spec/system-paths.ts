/**
 * Parts of /proc and /sys that say too much about the host or change it: hidden or made read-only in every container
 * that is not privileged. The lists are Docker's and Podman's together.
 */
const MASKED: readonly string[] = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/dev/block',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
  '/sys/fs/selinux',
];

const READONLY: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];

export interface SystemPathOptions {
  privileged: boolean;
  mask?: readonly string[] | undefined;
  /** Paths, globs in the last parts (`/proc/*`), or `ALL`. */
  unmask?: readonly string[] | undefined;
}

/** What becomes `linux.maskedPaths` and `linux.readonlyPaths`. A path that is masked by name is masked, come what may. */
export function systemPaths(options: SystemPathOptions): { masked: string[]; readonly: string[] } {
  const { privileged, mask = [], unmask = [] } = options;
  const open = (path: string): boolean =>
    privileged || unmask.some((pattern) => pattern.toUpperCase() === 'ALL' || matches(pattern, path));
  return {
    masked: [...new Set([...MASKED.filter((path) => !open(path)), ...mask])],
    readonly: READONLY.filter((path) => !open(path)),
  };
}

/** `*` stands for any characters but a slash (glob(7)); everything below a named folder belongs to it. */
function matches(pattern: string, path: string): boolean {
  const escaped = pattern.replace(/\/+$/, '').replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}(/|$)`).test(path);
}
