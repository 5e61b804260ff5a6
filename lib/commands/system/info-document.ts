/** The facts of `info` under the names that scripts know: Docker's on top, Podman's `host` and `store` beside them. */
import { VERSION } from '../../core/version.ts';
import { LOG_DRIVERS } from '../../engine/container/log-options.ts';
import type { SystemInfo } from '../../engine/system/info.ts';

/** Docker's members (Docker Engine API, "Get system information"), as far as there is something to say. */
export function dockerInfo(info: SystemInfo): Record<string, unknown> {
  const { containers, cgroups, memory } = info;
  const has = (controller: string): boolean => cgroups.controllers.includes(controller);
  return {
    Name: info.hostname,
    ServerVersion: VERSION,
    Containers: containers.all,
    ContainersRunning: containers.running,
    ContainersPaused: containers.paused,
    ContainersStopped: containers.stopped,
    Images: info.images,
    Driver: 'overlay',
    DriverStatus: [
      ['Backing Filesystem', info.backingFileSystem],
      ['Supports d_type', 'true'],
      ['userxattr', String(info.userxattr)],
    ],
    Plugins: {
      Volume: ['local'],
      Network: info.rootless
        ? ['bridge', 'host', 'none', 'pasta']
        : ['bridge', 'host', 'ipvlan', 'macvlan', 'none'],
      Authorization: null,
      Log: LOG_DRIVERS,
    },
    LoggingDriver: 'k8s-file',
    CgroupDriver: cgroups.manager,
    CgroupVersion: cgroups.version,
    MemoryLimit: has('memory'),
    SwapLimit: cgroups.swap,
    CpuCfsPeriod: has('cpu'),
    CpuCfsQuota: has('cpu'),
    CPUShares: has('cpu'),
    CPUSet: has('cpuset'),
    PidsLimit: has('pids'),
    IPv4Forwarding: info.ipForwarding,
    Swarm: { LocalNodeState: 'inactive', NodeID: '', ControlAvailable: false },
    Runtimes: Object.fromEntries(Object.entries(info.runtimes).map(([name, path]) => [name, { path }])),
    DefaultRuntime: info.defaultRuntime.name,
    InitBinary: info.init?.path ?? '',
    SecurityOptions: securityOptions(info),
    KernelVersion: info.kernel,
    OperatingSystem: info.os.prettyName,
    OSVersion: info.os.versionId,
    OSType: 'linux',
    Architecture: info.machine,
    NCPU: info.cpus,
    MemTotal: memory.total,
    DockerRootDir: info.root,
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: { InsecureRegistryCIDRs: ['::1/128', '127.0.0.0/8'] },
    HttpProxy: proxyOf('http_proxy'),
    HttpsProxy: proxyOf('https_proxy'),
    NoProxy: proxyOf('no_proxy'),
    Debug: false,
    ExperimentalBuild: false,
    LiveRestoreEnabled: true,
    SystemTime: new Date().toISOString(),
    ClientInfo: { Version: VERSION, Context: 'default', Debug: false, Os: 'linux', Arch: info.arch },
    Warnings: info.warnings.map((warning) => `WARNING: ${warning}`),
  };
}

/** A proxy of the environment, without the password that may be in it, in the form Docker shows. */
function proxyOf(variable: string): string {
  const value = process.env[variable.toUpperCase()] ?? process.env[variable] ?? '';
  return value.replace(/\/\/[^/@]*@/, '//xxxxx:xxxxx@');
}

/** Podman's members by the names that its templates use (libpod/define, HostInfo and StoreInfo). */
export function podmanInfo(info: SystemInfo): Record<'Host' | 'Store' | 'Version', Record<string, unknown>> {
  const { cgroups, containers, defaultRuntime, memory, security } = info;
  const ids = (map: SystemInfo['uidMap']): unknown =>
    info.rootless
      ? map.map(({ inside, outside, size }) => ({ ContainerID: inside, HostID: outside, Size: size }))
      : null;
  return {
    Host: {
      Arch: info.arch,
      CgroupManager: cgroups.manager,
      CgroupsVersion: `v${cgroups.version}`,
      CgroupControllers: cgroups.controllers,
      Conmon: { Path: info.conmon?.path ?? '', Version: info.conmon?.version ?? '' },
      CPUs: info.cpus,
      Distribution: { Distribution: info.os.id, Version: info.os.versionId, Codename: info.os.codename },
      Hostname: info.hostname,
      IDMappings: { GIDMap: ids(info.gidMap), UIDMap: ids(info.uidMap) },
      Kernel: info.kernel,
      LogDriver: 'k8s-file',
      MemFree: memory.free,
      MemTotal: memory.total,
      NetworkBackend: 'proa',
      OCIRuntime: { Name: defaultRuntime.name, Path: defaultRuntime.path, Version: defaultRuntime.version },
      OS: 'linux',
      Pasta: { Executable: info.pasta ?? '' },
      Slirp4NetNS: { Executable: info.slirp4netns ?? '' },
      ServiceIsRemote: false,
      Security: {
        AppArmorEnabled: security.apparmor,
        DefaultCapabilities: info.capabilities.join(','),
        Rootless: info.rootless,
        SECCOMPEnabled: security.seccomp,
        SELinuxEnabled: security.selinux,
      },
      SwapFree: memory.swapFree,
      SwapTotal: memory.swapTotal,
      Uptime: uptimeText(info.uptime),
    },
    Store: {
      ContainerStore: {
        Number: containers.all,
        Paused: containers.paused,
        Running: containers.running,
        Stopped: containers.stopped,
      },
      GraphDriverName: 'overlay',
      GraphRoot: info.root,
      GraphStatus: { 'Backing Filesystem': info.backingFileSystem },
      ImageStore: { Number: info.images },
      RunRoot: info.runRoot,
      VolumePath: `${info.root}/volumes`,
    },
    Version: { Version: VERSION, OsArch: `linux/${info.arch}` },
  };
}

/** Where Podman's JSON names differ from its Go names by more than the case of the first letter. */
const JSON_NAMES: Readonly<Record<string, string>> = {
  CgroupsVersion: 'cgroupVersion',
  CPUs: 'cpus',
  IDMappings: 'idMappings',
  GIDMap: 'gidmap',
  UIDMap: 'uidmap',
  ContainerID: 'container_id',
  HostID: 'host_id',
  OCIRuntime: 'ociRuntime',
  OS: 'os',
  Slirp4NetNS: 'slirp4netns',
  AppArmorEnabled: 'apparmorEnabled',
  DefaultCapabilities: 'capabilities',
  SECCOMPEnabled: 'seccompEnabled',
  SELinuxEnabled: 'selinuxEnabled',
};

/** What `podman info --format json` would call the members. */
export function podmanJson(value: unknown, top = true): unknown {
  if (Array.isArray(value)) return value.map((entry) => podmanJson(entry, false));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, member]) => {
    const lower = name.includes(' ') ? name : name[0]!.toLowerCase() + name.slice(1);
    // `version` is an object at the top and a text in the others; in its own object Podman keeps the capital.
    const known = name === 'Version' ? lower : (JSON_NAMES[name] ?? lower);
    return [known, top && name === 'Version' ? member : podmanJson(member, false)];
  });
  return Object.fromEntries(entries);
}

/** Docker's words for what confines a container. */
export function securityOptions({ security, rootless }: SystemInfo): string[] {
  return [
    ...(security.apparmor ? ['name=apparmor'] : []),
    ...(security.seccomp ? ['name=seccomp,profile=builtin'] : []),
    ...(security.selinux ? ['name=selinux'] : []),
    ...(rootless ? ['name=rootless'] : []),
    ...(security.cgroupNamespaces ? ['name=cgroupns'] : []),
  ];
}

function uptimeText(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const days = hours >= 24 ? ` (Approximately ${(hours / 24).toFixed(2)} days)` : '';
  return `${hours}h ${minutes}m ${(seconds % 60).toFixed(2)}s${days}`;
}
