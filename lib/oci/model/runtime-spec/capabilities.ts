/** Which capabilities a container's first process gets: capabilities(7). */
import { ProaError } from '../../../core/error.ts';
import type { Capabilities } from './types.ts';

/** All capabilities, in the kernel's order: the index is the bit (include/uapi/linux/capability.h, Linux 5.9). */
export const ALL_CAPABILITIES: readonly string[] = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE ' +
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN ' +
  'SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP ' +
  'MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
)
  .split(' ')
  .map((name) => `CAP_${name}`);

/** What a container has without options: Podman's set, three fewer than Docker's (containers.conf(5)). */
export const DEFAULT_CAPABILITIES: readonly string[] =
  'CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'
    .split(' ')
    .map((name) => `CAP_${name}`);

export interface CapabilityOptions {
  /** `--cap-add` and `--cap-drop`: with or without `CAP_`, in any case, or `ALL`. */
  add?: readonly string[];
  drop?: readonly string[];
  privileged?: boolean;
  /** Does the process start as uid 0? Others get capabilities only by `add`. */
  root?: boolean;
  /** The host's bounding set: a runtime refuses what is not in it. All when left out. */
  bounding?: ReadonlySet<string> | undefined;
  /** What containers have by default ({@link DEFAULT_CAPABILITIES}; `default_capabilities` of containers.conf). */
  defaults?: readonly string[] | undefined;
}

/**
 * The five sets. Adding and dropping combine as docker-run's: `--cap-add=ALL --cap-drop=X` is all but X,
 * `--cap-drop=ALL --cap-add=X` is X alone, otherwise what is both added and dropped is added.
 *
 * A process that is not root starts with empty effective and permitted sets, as after execve(2) from root; what was
 * added for it by name travels in the ambient set, which is the only one that survives that execve.
 * @throws ProaError INVALID_CAPABILITY naming the one that the kernel does not know
 */
export function resolveCapabilities(options: CapabilityOptions = {}): Capabilities {
  const { bounding, privileged = false, root = true } = options;
  const add = (options.add ?? []).map(normalizeCapability);
  const drop = (options.drop ?? []).map(normalizeCapability);
  const possible = (names: readonly string[]): string[] =>
    bounding === undefined ? [...names] : names.filter((name) => bounding.has(name));

  const all = possible(
    privileged ? ALL_CAPABILITIES : merge(options.defaults ?? DEFAULT_CAPABILITIES, add, drop),
  );
  if (root) return { bounding: all, effective: all, permitted: all, inheritable: [], ambient: [] };
  const added = add.includes('ALL') ? all : all.filter((name) => add.includes(name));
  return { bounding: all, effective: added, permitted: added, inheritable: added, ambient: added };
}

function merge(
  defaults: readonly string[],
  add: readonly string[],
  drop: readonly string[],
): readonly string[] {
  if (add.includes('ALL')) return ALL_CAPABILITIES.filter((name) => !drop.includes(name));
  if (add.length === 0 && drop.length === 0) return defaults;
  const base = drop.includes('ALL') ? [] : defaults.filter((name) => !drop.includes(name));
  const wanted = new Set([...base, ...add]);
  return ALL_CAPABILITIES.filter((name) => wanted.has(name));
}

/** `net_admin` → `CAP_NET_ADMIN`, `all` → `ALL`. */
export function normalizeCapability(name: string): string {
  const upper = name.trim().toUpperCase();
  if (upper === 'ALL' || upper === 'CAP_ALL') return 'ALL';
  const full = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  if (ALL_CAPABILITIES.includes(full)) return full;
  throw new ProaError('INVALID_CAPABILITY', `use capability ${name}: unknown capability`, {
    hint: 'capabilities(7) lists them: man 7 capabilities',
  });
}

/** The names in a mask as /proc/PID/status shows it (`CapBnd:\t000001ffffffffff`). */
export function capabilitiesOfMask(hex: string): Set<string> {
  const mask = BigInt(`0x${hex.trim()}`);
  return new Set(ALL_CAPABILITIES.filter((_, bit) => (mask >> BigInt(bit)) & 1n));
}
