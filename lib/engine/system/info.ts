/** What Proa has in its store and finds on this machine: facts, not yet in anyone's layout. */
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { freemem, hostname, release, totalmem, uptime } from 'node:os';
import { tryFindProgram } from '../../core/programs.ts';
import { DEFAULT_CAPABILITIES } from '../../oci/model/runtime-spec/capabilities.ts';
import { selectRuntime } from '../../oci/runtime/select.ts';
import { listContainers } from '../../storage/containers.ts';
import { listImages } from '../../storage/images.ts';
import { observeState } from '../container/state.ts';
import type { Engine } from '../engine.ts';

/** A helper program: where it is and the first line that it says of its version. */
export interface ProgramInfo {
  path: string;
  version: string;
}

export interface SystemInfo {
  containers: { all: number; running: number; paused: number; stopped: number };
  images: number;
  root: string;
  runRoot: string;
  backingFileSystem: string;
  userxattr: boolean;
  rootless: boolean;
  singleId: boolean;
  uidMap: readonly { inside: number; outside: number; size: number }[];
  gidMap: readonly { inside: number; outside: number; size: number }[];
  cgroups: { version: '1' | '2'; manager: string; controllers: string[]; swap: boolean; reason?: string };
  /** By name: crun, runc, and what --runtime names. */
  runtimes: Readonly<Record<string, string>>;
  defaultRuntime: { name: string; path: string; version: string };
  conmon?: ProgramInfo;
  init?: ProgramInfo;
  pasta?: string;
  slirp4netns?: string;
  security: { seccomp: boolean; apparmor: boolean; selinux: boolean; cgroupNamespaces: boolean };
  capabilities: readonly string[];
  kernel: string;
  /** os-release(5). */
  os: { prettyName: string; id: string; versionId: string; codename: string };
  /** As Go has it (`amd64`) and as uname(1) does (`x86_64`). */
  arch: string;
  machine: string;
  cpus: number;
  /** Bytes. */
  memory: { total: number; free: number; swapTotal: number; swapFree: number };
  hostname: string;
  /** Seconds. */
  uptime: number;
  ipForwarding: boolean;
  /** What is amiss, for people. */
  warnings: string[];
}

export async function systemInfo(engine: Engine): Promise<SystemInfo> {
  const { store, identity, cgroups } = engine;
  const runtime = chooseRuntime(engine);
  const [runtimeVersion, conmon, init] = await Promise.all([
    runtime.path === '' ? '' : versionOf(runtime.path),
    program('conmon'),
    program('catatonit'),
  ]);
  const ipForwarding = readOr('/proc/sys/net/ipv4/ip_forward', '0') === '1';
  const security = securityModules(cgroups.mode === 'v2');
  const release_ = osRelease();
  return {
    containers: countContainers(engine),
    images: listImages(store, []).length,
    root: store.root,
    runRoot: store.runRoot,
    backingFileSystem: fileSystemName(store.root),
    userxattr: store.xattrPrefix === 'user',
    rootless: identity.rootless,
    singleId: identity.singleId,
    uidMap: identity.uidMap,
    gidMap: identity.gidMap,
    cgroups: {
      version: cgroups.mode === 'v2' ? '2' : '1',
      manager: cgroups.manager === 'disabled' ? 'none' : cgroups.manager,
      controllers: [...cgroups.controllers],
      swap: cgroups.swap,
      ...(cgroups.reason !== undefined && { reason: cgroups.reason }),
    },
    runtimes: installedRuntimes(runtime),
    defaultRuntime: { name: runtime.name, path: runtime.path, version: runtimeVersion },
    ...(conmon && { conmon }),
    ...(init && { init }),
    ...pick('pasta'),
    ...pick('slirp4netns'),
    security,
    capabilities: DEFAULT_CAPABILITIES,
    kernel: release(),
    os: release_,
    arch: process.arch === 'x64' ? 'amd64' : process.arch,
    machine: process.arch === 'x64' ? 'x86_64' : 'aarch64',
    cpus: navigator.hardwareConcurrency,
    memory: { total: totalmem(), free: freemem(), ...swap() },
    hostname: hostname(),
    uptime: uptime(),
    ipForwarding,
    warnings: warningsOf(engine, runtime.error),
  };
}

function chooseRuntime(engine: Engine): { name: string; path: string; error?: string } {
  try {
    return selectRuntime({ configured: engine.runtime });
  } catch (error) {
    // `info` is where people look when something is missing: it says so and goes on.
    return { name: '', path: '', error: (error as Error).message };
  }
}

function installedRuntimes(chosen: { name: string; path: string }): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of ['crun', 'runc']) {
    const path = tryFindProgram(name);
    if (path !== undefined) found[name] = path;
  }
  if (chosen.path !== '') found[chosen.name] = chosen.path;
  return found;
}

function warningsOf({ cgroups, identity }: Engine, runtimeError: string | undefined): string[] {
  const warnings: string[] = [];
  if (runtimeError !== undefined) warnings.push(runtimeError);
  if (cgroups.reason !== undefined) warnings.push(`No resource limits: ${cgroups.reason}`);
  else if (!cgroups.swap) warnings.push('No swap limit support');
  if (identity.singleId)
    warnings.push('No subordinate ids: all files of a container belong to one id (proa doctor)');
  return warnings;
}

function countContainers({ store }: Engine): SystemInfo['containers'] {
  const states = listContainers(store, []).map((container) => observeState(store, container).status);
  const count = (status: string): number => states.filter((each) => each === status).length;
  const [running, paused] = [count('running'), count('paused')];
  return { all: states.length, running, paused, stopped: states.length - running - paused };
}

async function program(name: string): Promise<ProgramInfo | undefined> {
  const path = tryFindProgram(name);
  return path === undefined ? undefined : { path, version: await versionOf(path) };
}

/** The first line of `--version`, which all of these programs know. */
async function versionOf(path: string): Promise<string> {
  const child = Bun.spawn([path, '--version'], { stdio: ['ignore', 'pipe', 'ignore'] });
  return (await new Response(child.stdout).text()).split('\n')[0] ?? '';
}

function pick(name: 'pasta' | 'slirp4netns'): Partial<Pick<SystemInfo, 'pasta' | 'slirp4netns'>> {
  const path = tryFindProgram(name);
  return path === undefined ? {} : { [name]: path };
}

function securityModules(v2: boolean): SystemInfo['security'] {
  return {
    seccomp: existsSync('/proc/sys/kernel/seccomp/actions_avail'),
    apparmor: readOr('/sys/module/apparmor/parameters/enabled', 'N') === 'Y',
    selinux: existsSync('/sys/fs/selinux/enforce'),
    cgroupNamespaces: v2,
  };
}

/** statfs(2), f_type, by the names that Docker shows. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  61267: 'extfs',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  801189825: 'zfs',
  16914836: 'tmpfs',
  2035054128: 'overlayfs',
  26985: 'nfs',
  4076150800: 'f2fs',
};

function fileSystemName(path: string): string {
  return FILE_SYSTEMS[statfsSync(path).type] ?? '<unknown>';
}

function osRelease(): SystemInfo['os'] {
  const text = readOr('/etc/os-release', readOr('/usr/lib/os-release', ''));
  const value = (key: string): string => new RegExp(`^${key}=["']?(.*?)["']?$`, 'm').exec(text)?.[1] ?? '';
  return {
    prettyName: value('PRETTY_NAME') || 'Linux',
    id: value('ID') || 'linux',
    versionId: value('VERSION_ID'),
    codename: value('VERSION_CODENAME'),
  };
}

/** proc_meminfo(5); in kB there. */
function swap(): { swapTotal: number; swapFree: number } {
  const text = readFileSync('/proc/meminfo', 'latin1');
  const bytes = (key: string): number =>
    Number(new RegExp(`^${key}:\\s*(\\d+)`, 'm').exec(text)?.[1] ?? 0) * 1024;
  return { swapTotal: bytes('SwapTotal'), swapFree: bytes('SwapFree') };
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return otherwise; // a kernel or a system without it
  }
}
