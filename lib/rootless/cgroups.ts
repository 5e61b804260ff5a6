/** Where a container's cgroup goes and which limits it can hold, for root and for users. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import {
  CGROUP_ROOT,
  type CgroupManager,
  type CgroupMode,
  cgroupMode,
  unifiedControllers,
} from '../core/cgroup-mode.ts';
import { ProaError } from '../core/error.ts';
import type { Resources } from '../oci/model/runtime-spec/types.ts';
import type { Identity } from './identity.ts';

export interface CgroupPlan {
  mode: CgroupMode;
  manager: CgroupManager;
  /** The controllers that can limit a container, by their v2 names (`io` for v1's blkio). */
  controllers: ReadonlySet<string>;
  /** Those that this host has and systemd does not hand on to this user. */
  undelegated?: ReadonlySet<string>;
  /** Does the kernel account for swap? */
  swap: boolean;
  /** Why there are no limits; undefined when there are. */
  reason?: string;
}

export interface CgroupHost {
  /** `--cgroup-manager` */
  wanted?: 'cgroupfs' | 'systemd' | undefined;
  /** Where the cgroups are mounted; only a test gives another place. */
  root?: string;
  /** A systemd answers on the system's bus; only a test says so itself. */
  systemd?: boolean;
  runtimeDir?: string | undefined;
}

const V1_CONTROLLERS: Readonly<Record<string, string>> = {
  cpu: 'cpu',
  cpuset: 'cpuset',
  memory: 'memory',
  pids: 'pids',
  blkio: 'io',
};

/**
 * Where systemd runs, it alone makes cgroups in its tree, and is asked for them (systemd.io, "Control Group APIs and
 * Delegation"); else root writes them itself. A user on v2 asks the user's systemd, which holds the delegated part of the tree (a
 * session's own cgroup belongs to root, and moving out of it takes rights over the common parent: cgroup-v2.rst,
 * "Delegation"). On v1, and without a user manager, a user has none.
 * @throws ProaError NO_SYSTEMD when its manager is wanted and it does not run
 */
export function planCgroup(identity: Identity, host: CgroupHost = {}): CgroupPlan {
  const { root = CGROUP_ROOT, runtimeDir = process.env.XDG_RUNTIME_DIR, wanted } = host;
  const mode = cgroupMode(root);
  const none = (reason: string): CgroupPlan => {
    return { mode, manager: 'disabled', controllers: new Set(), swap: false, reason };
  };
  if (mode === 'none') return none(`no cgroups are mounted at ${root}`);
  if (!identity.rootless) {
    const manager = rootManager(wanted, host.systemd);
    if (mode !== 'v2') {
      const { controllers, swap } = v1Limits(root);
      if (controllers.size === 0) return none(`no v1 cgroup under ${root} can be written`);
      return { mode, manager, controllers, swap };
    }
    if (!isWritable(root)) return none(`${root} is read-only`);
    const controllers = new Set(unifiedControllers(root));
    return { mode, manager, controllers, swap: accountsForSwap(`${root}${ownCgroup()}`) };
  }
  if (mode !== 'v2') return none('users have no cgroups of their own on cgroup v1');
  if (!runtimeDir || !existsSync(`${runtimeDir}/bus`)) {
    return none('no systemd user session holds cgroups for this user (loginctl enable-linger makes one)');
  }
  if (wanted === 'cgroupfs')
    return none('a user has cgroups from systemd alone, and --cgroup-manager is cgroupfs');
  const service = `${root}/user.slice/user-${identity.uid}.slice/user@${identity.uid}.service`;
  const controllers = new Set(unifiedControllers(service));
  const undelegated = new Set(unifiedControllers(root).filter((name) => !controllers.has(name)));
  return { mode, manager: 'systemd', controllers, undelegated, swap: accountsForSwap(service) };
}

/** sd_booted(3), and the bus by which the runtimes ask it. */
function isSystemdThere(): boolean {
  return existsSync('/run/systemd/system') && existsSync('/run/dbus/system_bus_socket');
}

function rootManager(
  wanted: CgroupHost['wanted'],
  systemd = wanted !== 'cgroupfs' && isSystemdThere(),
): 'cgroupfs' | 'systemd' {
  if (wanted === 'systemd' && !systemd) {
    throw new ProaError('NO_SYSTEMD', 'use cgroup manager systemd: none answers on this machine', {
      hint: 'Leave out --cgroup-manager, or use --cgroup-manager=cgroupfs',
    });
  }
  return wanted ?? (systemd ? 'systemd' : 'cgroupfs');
}

/**
 * `linux.cgroupsPath` in the manager's form, undefined without a manager. The cgroup has no folder of ours above it, so
 * that the last container leaves nothing behind.
 * @param parent `--cgroup-parent`: an absolute cgroup, or a systemd slice; Podman's slices without
 */
export function cgroupPath(
  manager: CgroupManager,
  id: string,
  { parent, rootless }: { parent?: string | undefined; rootless: boolean },
): string | undefined {
  if (manager === 'cgroupfs') return `${(parent ?? '').replace(/\/+$/, '')}/proa-${id}`;
  return manager === 'systemd'
    ? `${parent ?? (rootless ? 'user.slice' : 'machine.slice')}:proa:${id}`
    : undefined;
}

/** Where that is below the tree's root: systemd keeps `a-b.slice` in `a.slice` (systemd.slice(5)). */
export function cgroupFolder(manager: CgroupManager, path: string): string {
  if (manager !== 'systemd') return path;
  const [slice = '', prefix, name] = path.split(':');
  const parts = slice
    .replace(/\.slice$/, '')
    .split('-')
    .filter(Boolean);
  const slices = parts.map((_, at) => `/${parts.slice(0, at + 1).join('-')}.slice`);
  return `${slices.join('')}/${prefix}-${name}.scope`;
}

/**
 * The resources that the host can hold, and the names of those left out, for a warning. The runtimes take a limit
 * without its controller for an error.
 */
export function supportedResources(
  resources: Resources,
  controllers: ReadonlySet<string>,
): { resources: Resources; dropped: string[] } {
  const kept: Resources = { ...resources };
  const dropped: string[] = [];
  const drop = (key: 'memory' | 'pids' | 'blockIO', controller: string): void => {
    if (kept[key] === undefined || controllers.has(controller)) return;
    delete kept[key];
    dropped.push(key);
  };
  drop('memory', 'memory');
  drop('pids', 'pids');
  drop('blockIO', 'io');
  if (kept.cpu !== undefined) {
    const { cpus, mems, ...time } = kept.cpu;
    const sets = { ...(cpus && { cpus }), ...(mems && { mems }) };
    if (Object.keys(time).length > 0 && !controllers.has('cpu')) dropped.push('cpu');
    if (Object.keys(sets).length > 0 && !controllers.has('cpuset')) dropped.push('cpuset');
    const cpu = { ...(controllers.has('cpu') && time), ...(controllers.has('cpuset') && sets) };
    if (Object.keys(cpu).length > 0) kept.cpu = cpu;
    else delete kept.cpu;
  }
  return { resources: kept, dropped };
}

function v1Limits(root: string): Pick<CgroupPlan, 'controllers' | 'swap'> {
  const controllers = new Set<string>();
  for (const [folder, controller] of Object.entries(V1_CONTROLLERS)) {
    if (isWritable(`${root}/${folder}`)) controllers.add(controller);
  }
  return { controllers, swap: existsSync(`${root}/memory/memory.memsw.limit_in_bytes`) };
}

/** A v2 group below the root has memory.swap.max exactly when swap is accounted for. */
function accountsForSwap(group: string): boolean {
  return existsSync(`${group}/memory.swap.max`);
}

/** This process's v2 cgroup: `/` or `/user.slice/…` (cgroups(7), "/proc/PID/cgroup"). */
function ownCgroup(): string {
  return /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
}

function isWritable(dir: string): boolean {
  try {
    accessSync(dir, constants.W_OK);
    return true;
  } catch {
    return false; // read-only or absent: either way nothing can be made there
  }
}
