/** What was asked of a container at its creation, in the words of Docker's API: Config and HostConfig. */
import { basename } from 'node:path/posix';
import { normalizeCapability } from '../../oci/model/runtime-spec/capabilities.ts';
import { DEFAULT_PATH } from '../../oci/model/runtime-spec/env.ts';
import { DEFAULT_SHM_SIZE } from '../../oci/model/runtime-spec/mounts.ts';
import { DEFAULT_PIDS_LIMIT, type DeviceValue } from '../../oci/model/runtime-spec/resources.ts';
import { parseUlimit } from '../../oci/model/runtime-spec/rlimits.ts';
import { systemPaths } from '../../oci/model/runtime-spec/system-paths.ts';
import type { IdMapping } from '../../oci/model/runtime-spec/types.ts';
import type {
  ContainerConfig,
  ContainerSecret,
  ContainerState,
  HealthOptions,
  IdMaps,
} from '../../storage/containers.ts';
import { anonymousVolumes, bindTexts, mountSpecs, tmpfsOptions } from './inspect-mounts.ts';
import { logConfig, logLimit } from './log-driver.ts';
import { exposedPorts } from './ports.ts';

/** Config: what belongs to the container wherever it runs. */
export function inspectConfig(config: ContainerConfig) {
  const { env, entrypoint, command, healthcheck, health = {} } = config;
  return {
    Hostname: config.hostname,
    Domainname: config.domainname ?? '',
    User: config.user,
    AttachStdin: config.attach?.includes('stdin') ?? false,
    AttachStdout: config.attach?.includes('stdout') ?? false,
    AttachStderr: config.attach?.includes('stderr') ?? false,
    ExposedPorts: exposedPortSet(config),
    Tty: config.tty,
    OpenStdin: config.openStdin,
    StdinOnce: config.stdinOnce,
    // What a process finds without an image's PATH is what the specification gives it.
    Env: env.some((entry) => entry.startsWith('PATH=')) ? env : [`PATH=${DEFAULT_PATH}`, ...env],
    Cmd: command.length === 0 ? null : command,
    ...(healthcheck && { Healthcheck: healthcheck }),
    ...(healthcheck && podmanHealth(health)),
    Image: config.image?.name ?? '',
    Volumes: anonymousVolumes(config),
    WorkingDir: config.workingDir,
    Entrypoint: entrypoint.length === 0 ? null : entrypoint,
    ...(config.network.mac !== undefined && { MacAddress: config.network.mac }),
    OnBuild: null,
    Labels: config.labels,
    StopSignal: config.stopSignal,
    StopTimeout: config.stopTimeout,
    CreateCommand: config.createCommand,
    Umask: config.umask ?? '0022',
    Timeout: config.timeout ?? 0,
    Timezone: config.timezone ?? '',
    ...(config.systemd && { SystemdMode: true }),
    ...(config.passwd !== undefined && { Passwd: config.passwd }),
    ...(config.annotations && { Annotations: config.annotations }),
    ...(config.secrets && { Secrets: config.secrets.map(inspectSecretUse) }),
    ...(config.chrootDirs && { ChrootDirs: config.chrootDirs }),
    sdNotifyMode: config.sdNotify ?? 'container',
  };
}

/** Podman's members; of a variable only which secret it holds. */
function inspectSecretUse(use: ContainerSecret) {
  const { name: Name, id: ID } = use;
  return use.type === 'mount' ? { Name, ID, UID: use.uid, GID: use.gid, Mode: use.mode } : { Name, ID };
}

/** Podman's members. */
function podmanHealth(health: HealthOptions) {
  return {
    ...(health.startup && { StartupHealthCheck: health.startup }),
    HealthcheckOnFailureAction: health.onFailure ?? 'none',
    HealthLogDestination: health.logDestination ?? 'local',
    HealthcheckMaxLogCount: health.maxLogCount ?? 5,
    HealthcheckMaxLogSize: health.maxLogSize ?? 4096,
  };
}

/** HostConfig: what ties the container to this host. */
export function inspectHostConfig(config: ContainerConfig, state: ContainerState, log: string) {
  const { masked, readonly } = systemPaths({ privileged: config.privileged });
  const { namespaces = {} } = config;
  return {
    Binds: bindTexts(config),
    ContainerIDFile: config.cidFile ?? '',
    LogConfig: inspectLogConfig(config, log),
    NetworkMode: networkMode(config),
    PortBindings: portBindings(config),
    RestartPolicy: { Name: config.restart.name, MaximumRetryCount: config.restart.maximumRetryCount },
    AutoRemove: config.autoRemove,
    VolumeDriver: '',
    VolumesFrom: config.volumesFrom ?? null,
    ConsoleSize: [0, 0],
    CapAdd: nullIfEmpty(config.capAdd.map(normalizeCapability)),
    CapDrop: nullIfEmpty(config.capDrop.map(normalizeCapability)),
    CgroupMode: config.cgroupMode ?? 'enabled',
    CgroupnsMode: namespaces.cgroup ?? 'private',
    Dns: config.network.dns?.servers ?? [],
    DnsOptions: config.network.dns?.options ?? [],
    DnsSearch: config.network.dns?.search ?? [],
    ExtraHosts: nullIfEmpty((config.network.extraHosts ?? []).map(({ name, ip }) => `${name}:${ip}`)),
    GroupAdd: nullIfEmpty(config.groupAdd ?? []),
    IpcMode: namespaces.ipc ?? 'private',
    Cgroup: '',
    Links: nullIfEmpty(
      (config.network.links ?? []).map(({ id, alias }) => `/${id.slice(0, 12)}:/${config.name}/${alias}`),
    ),
    OomScoreAdj: config.oomScoreAdj ?? 0,
    PidMode: namespaces.pid ?? '',
    Privileged: config.privileged,
    PublishAllPorts: config.network.publishAll ?? false,
    ReadonlyRootfs: config.readonlyRootfs,
    SecurityOpt: nullIfEmpty(config.securityOpt),
    Tmpfs: tmpfsOptions(config),
    UTSMode: namespaces.uts ?? '',
    UsernsMode: config.usernsMode ?? '',
    ...(config.idMaps && { IDMappings: inspectIdMaps(config.idMaps) }),
    ShmSize: config.shmSize ?? DEFAULT_SHM_SIZE,
    ...(config.sysctls && { Sysctls: config.sysctls }),
    Runtime: basename(state.runtime ?? config.runtime),
    Isolation: '',
    ...resourceMembers(config),
    MaskedPaths: masked,
    ReadonlyPaths: readonly,
    Init: config.init,
    ...mountSpecs(config),
  };
}

/** As it was asked for, with the options that went along. */
function networkMode({ network: { mode, helperOptions = [] } }: ContainerConfig): string {
  return [mode, ...(helperOptions.length > 0 ? [helperOptions.join(',')] : [])].join(':');
}

/** Docker's two members and Podman's three. */
function inspectLogConfig(config: ContainerConfig, Path: string) {
  const { driver, options } = logConfig(config);
  return {
    Type: driver,
    Config: options,
    Path,
    Tag: options.tag ?? '',
    Size: decimalSize(logLimit(config)?.size ?? 0),
  };
}

/** As Podman shows it: `10MB`. */
function decimalSize(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), 4);
  return `${Number((bytes / 1000 ** power).toPrecision(4))}${['B', 'kB', 'MB', 'GB', 'TB'][power]}`;
}

/** Docker's lists of what nobody gave are null, and tools tell by that. */
function nullIfEmpty<T>(list: readonly T[]): readonly T[] | null {
  return list.length > 0 ? list : null;
}

function resourceMembers({
  resources,
  ulimits,
  devices,
  cdiDevices,
  deviceCgroupRules,
  cgroupParent,
}: ContainerConfig) {
  const { memory = 0, cpus = 0, pidsLimit = DEFAULT_PIDS_LIMIT } = resources;
  return {
    CpuShares: resources.cpuShares ?? 0,
    Memory: memory,
    NanoCpus: Math.round(cpus * 1e9),
    CgroupParent: cgroupParent ?? '',
    BlkioWeight: resources.blkioWeight ?? 0,
    BlkioWeightDevice: (resources.blkioWeightDevice ?? []).map(({ path, value }) => ({
      Path: path,
      Weight: value,
    })),
    BlkioDeviceReadBps: deviceRates(resources.deviceReadBps),
    BlkioDeviceWriteBps: deviceRates(resources.deviceWriteBps),
    BlkioDeviceReadIOps: deviceRates(resources.deviceReadIops),
    BlkioDeviceWriteIOps: deviceRates(resources.deviceWriteIops),
    CpuPeriod: resources.cpuPeriod ?? 0,
    CpuQuota: resources.cpuQuota ?? 0,
    CpuRealtimePeriod: resources.cpuRealtimePeriod ?? 0,
    CpuRealtimeRuntime: resources.cpuRealtimeRuntime ?? 0,
    CpusetCpus: resources.cpusetCpus ?? '',
    CpusetMems: resources.cpusetMems ?? '',
    Devices: (devices ?? []).map(({ host, container, access }) => ({
      PathOnHost: host,
      PathInContainer: container,
      CgroupPermissions: access,
    })),
    DeviceCgroupRules: deviceCgroupRules ?? null,
    DeviceRequests:
      cdiDevices === undefined
        ? null
        : [{ Driver: 'cdi', Count: 0, DeviceIDs: cdiDevices, Capabilities: null, Options: null }],
    MemoryReservation: resources.memoryReservation ?? 0,
    // As much swap as memory, and the member counts both.
    MemorySwap: resources.memorySwap ?? memory * 2,
    MemorySwappiness: resources.memorySwappiness ?? null,
    OomKillDisable: resources.oomKillDisable ?? false,
    PidsLimit: pidsLimit,
    Ulimits: ulimits.map(parseUlimit).map(({ type, soft, hard }) => ({
      Name: type.replace(/^RLIMIT_/, '').toLowerCase(),
      Hard: hard,
      Soft: soft,
    })),
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
    ...(resources.cgroupConf && { CgroupConf: resources.cgroupConf }),
  };
}

function deviceRates(values: readonly DeviceValue[] = []): { Path: string; Rate: number }[] {
  return values.map(({ path, value }) => ({ Path: path, Rate: value }));
}

/** As Podman shows them: `INSIDE:HOST:SIZE`. */
function inspectIdMaps({ uids, gids }: IdMaps) {
  const text = ({ containerID, hostID, size }: IdMapping): string => `${containerID}:${hostID}:${size}`;
  return { UidMap: uids.map(text), GidMap: gids.map(text) };
}

/** Published ports count as exposed. */
function exposedPortSet({ exposedPorts: exposed, network }: ContainerConfig): Record<string, object> {
  const ports = [...exposedPorts(exposed), ...network.ports];
  return Object.fromEntries(ports.map(({ containerPort, protocol }) => [`${containerPort}/${protocol}`, {}]));
}

function portBindings({ network }: ContainerConfig): Record<string, { HostIp: string; HostPort: string }[]> {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const { containerPort, protocol, hostIp, hostPorts } of network.ports) {
    const { first, last } = hostPorts ?? {};
    const HostPort = first === undefined ? '' : first === last ? String(first) : `${first}-${last}`;
    const key = `${containerPort}/${protocol}`;
    bindings[key] = [...(bindings[key] ?? []), { HostIp: hostIp, HostPort }];
  }
  return bindings;
}
