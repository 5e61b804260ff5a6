/**
 * The config.json of a bundle: from the facts of a container and of the host to a runtime specification that crun and
 * runc both take. Pure: what must be read (passwd texts, profile files, devices) is handed in.
 */
import { resolveCapabilities } from './capabilities.ts';
import { type ContainerDevice, deviceRules } from './devices.ts';
import { bindMount } from './mount-options.ts';
import { makeMounts } from './mounts.ts';
import { completeNamespaces, makeNamespaces, type NamespaceChoices } from './namespaces.ts';
import { defaultSeccomp, resolveSeccompProfile, type SeccompContext } from './seccomp.ts';
import type { SecurityOptions } from './security-options.ts';
import type { SelinuxLabels } from './selinux.ts';
import { systemPaths } from './system-paths.ts';
import type {
  DeviceRule,
  Hook,
  HookName,
  IdMapping,
  Linux,
  Mount,
  Process,
  Resources,
  Rlimit,
  Seccomp,
  Spec,
} from './types.ts';

export interface SpecInput {
  process: {
    args: readonly string[];
    /** `NAME=VALUE`, see makeEnv. */
    env: readonly string[];
    cwd: string;
    user: { uid: number; gid: number; additionalGids?: readonly number[] };
    terminal?: boolean;
    /** See resolveRlimits. */
    rlimits?: readonly Rlimit[];
    oomScoreAdj?: number | undefined;
    /** 022 when left out. */
    umask?: number | undefined;
    /** A static init program on the host (catatonit) that becomes process 1 and runs `args`. */
    init?: string | undefined;
  };
  rootfs: { path: string; readonly?: boolean; propagation?: string };
  hostname?: string;
  domainname?: string | undefined;
  /** Bind mounts, volumes, tmpfs: see mount-options.ts. Sources are resolved. */
  mounts?: readonly Mount[];
  /** Bytes of /dev/shm, the folder that it shares with another container, or none at all. */
  shm?: number | { source: string } | 'none' | undefined;
  /** All new when left out, but the user namespace, which stays the runtime's. */
  namespaces?: NamespaceChoices;
  /** For a new user namespace. */
  idMappings?: { uid: readonly IdMapping[]; gid: readonly IdMapping[] };
  security?: {
    privileged?: boolean;
    capAdd?: readonly string[];
    capDrop?: readonly string[];
    defaultCapabilities?: readonly string[];
    options?: SecurityOptions;
    /** Where SELinux is on. */
    selinux?: SelinuxLabels | undefined;
    /** The text of the file that `options.seccomp` names. */
    seccompProfile?: string;
  };
  /** Left out: the container stays in the caller's cgroup, without limits. `path` is in the runtime's manager's form. */
  cgroup?: { path: string; resources: Resources };
  /** Besides the default ones; for a privileged container all of the host's. */
  devices?: readonly ContainerDevice[];
  deviceRules?: readonly DeviceRule[] | undefined;
  /** A domain of personality(2). */
  personality?: string | undefined;
  /** A class of the processor's cache: resctrl's folder of that name. */
  rdtClass?: string | undefined;
  sysctls?: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
  hooks?: Partial<Record<HookName, Hook[]>>;
  host: SpecHost;
}

/** What the specification has to take into account of the place where the runtime will start. */
export interface SpecHost {
  /** In a user namespace, as for every ordinary user. */
  rootless: boolean;
  /** How many group ids from 0 on are mapped there. */
  groupIds: number;
  /** As GOARCH names it. */
  architecture: string;
  /** The bounding set; see capabilitiesOfMask. */
  bounding?: ReadonlySet<string>;
  kernel?: { major: number; minor: number };
  /** The runtime sets `domainname` itself (specification 1.1); else a sysctl does, which takes the host's root. */
  setsDomainname?: boolean;
  /** Which of /dev/shm and /dev/mqueue the host lacks; asked only for `--ipc=host`. */
  absent?: ReadonlySet<string>;
}

/** Where the init program is mounted in a container. */
export const INIT_PATH = '/run/proa-init';

/** The runtimes here take every 1.0 file; 1.0.2 is what crun 1.8 and runc 1.1 name themselves. */
const OCI_VERSION = '1.0.2';

/**
 * The specification of a container.
 * @throws ProaError INVALID_CAPABILITY or INVALID_SECCOMP
 */
export function makeSpec(input: SpecInput): Spec {
  const { security = {}, host } = input;
  const privileged = security.privileged ?? false;
  const namespaces = completeNamespaces(input.namespaces ?? {});
  const userNamespace = host.rootless || namespaces.user !== 'host';
  const capabilities = resolveCapabilities({
    add: security.capAdd ?? [],
    drop: security.capDrop ?? [],
    defaults: security.defaultCapabilities,
    privileged,
    root: input.process.user.uid === 0,
    bounding: host.bounding,
  });

  const own = [...(input.mounts ?? [])];
  if (input.process.init !== undefined) {
    own.push(
      bindMount({ source: input.process.init, destination: INIT_PATH, readonly: true, nonRecursive: true }),
    );
  }
  const mounts = makeMounts({
    mounts: own,
    namespaces,
    privileged,
    userNamespace,
    groupIds: mappedGroupIds(input),
    shm: input.shm,
    procOptions: security.options?.procOptions,
    absent: host.absent,
  });

  const spec: Spec = {
    ociVersion: OCI_VERSION,
    process: { ...makeProcess(input), capabilities },
    root: { path: input.rootfs.path, readonly: input.rootfs.readonly ?? false },
    mounts,
    linux: makeLinux(input, namespaces, capabilities.bounding),
  };
  // In a UTS namespace that others are in too, the name is theirs.
  if (input.hostname && namespaces.uts === 'new') spec.hostname = input.hostname;
  if (input.domainname && namespaces.uts === 'new' && host.setsDomainname) spec.domainname = input.domainname;
  if (input.annotations && Object.keys(input.annotations).length > 0)
    spec.annotations = { ...input.annotations };
  if (input.hooks) spec.hooks = input.hooks;
  return spec;
}

function makeProcess({ process, security }: SpecInput): Process {
  const { user } = process;
  const result: Process = {
    terminal: process.terminal ?? false,
    user: { uid: user.uid, gid: user.gid, umask: process.umask ?? 0o022 },
    args: process.init === undefined ? [...process.args] : [INIT_PATH, '--', ...process.args],
    env: [...process.env],
    cwd: process.cwd || '/',
  };
  if (user.additionalGids?.length) result.user.additionalGids = [...user.additionalGids];
  if (process.rlimits?.length) result.rlimits = [...process.rlimits];
  if (process.oomScoreAdj !== undefined) result.oomScoreAdj = process.oomScoreAdj;
  if (security?.options?.noNewPrivileges) result.noNewPrivileges = true;
  const apparmor = security?.options?.apparmor;
  if (apparmor && apparmor !== 'unconfined' && !security?.privileged) result.apparmorProfile = apparmor;
  if (security?.selinux !== undefined) result.selinuxLabel = security.selinux.process;
  return result;
}

function makeLinux(
  input: SpecInput,
  namespaces: Required<NamespaceChoices>,
  capabilities: readonly string[],
): Linux {
  const { security = {}, host, idMappings } = input;
  const privileged = security.privileged ?? false;
  const paths = systemPaths({ privileged, mask: security.options?.mask, unmask: security.options?.unmask });
  const linux: Linux = { namespaces: makeNamespaces(namespaces) };
  if (paths.masked.length > 0) linux.maskedPaths = paths.masked;
  if (paths.readonly.length > 0) linux.readonlyPaths = paths.readonly;
  if (security.selinux !== undefined) linux.mountLabel = security.selinux.mount;
  if (input.rootfs.propagation) linux.rootfsPropagation = input.rootfs.propagation;
  // Also for one that is joined: runc takes the ids of its own files from them.
  if (idMappings !== undefined && namespaces.user !== 'host') {
    linux.uidMappings = [...idMappings.uid];
    linux.gidMappings = [...idMappings.gid];
  }
  const devices = input.devices ?? [];
  if (devices.length > 0) linux.devices = devices.map(({ device }) => device);
  if (input.cgroup !== undefined) {
    linux.cgroupsPath = input.cgroup.path;
    linux.resources = {
      ...input.cgroup.resources,
      devices: deviceRules(devices, privileged, input.deviceRules),
    };
  }
  const sysctl = { ...defaultSysctls(input, namespaces), ...input.sysctls };
  if (Object.keys(sysctl).length > 0) linux.sysctl = sysctl;
  if (input.personality !== undefined) linux.personality = { domain: input.personality };
  if (input.rdtClass !== undefined) linux.intelRdt = { closID: input.rdtClass };
  const { architecture, kernel } = host;
  const seccomp = makeSeccomp(security, { capabilities, architecture, ...(kernel && { kernel }) });
  if (seccomp !== undefined) linux.seccomp = seccomp;
  return linux;
}

function makeSeccomp(
  security: NonNullable<SpecInput['security']>,
  context: SeccompContext,
): Seccomp | undefined {
  const choice = security.options?.seccomp;
  if (choice === 'unconfined') return undefined;
  if (choice !== undefined) return resolveSeccompProfile(security.seccompProfile ?? '', choice.file, context);
  return security.privileged ? undefined : defaultSeccomp(context);
}

function defaultSysctls(input: SpecInput, namespaces: Required<NamespaceChoices>): Record<string, string> {
  const sysctl = namespaces.network === 'new' ? networkSysctls(mappedGroupIds(input)) : {};
  if (input.domainname && namespaces.uts === 'new' && !input.host.setsDomainname)
    sysctl['kernel.domainname'] = input.domainname;
  return sysctl;
}

/**
 * In a network namespace of its own a container may ping without capabilities and bind low ports whoever it runs as
 * (Docker's defaults since 20.10). makeSpec adds them for a new namespace; who makes the namespace beforehand hands them
 * in, as a namespace that is joined may be another's.
 * @param groupIds the kernel refuses group ids that are not mapped (net/ipv4/sysctl_net_ipv4.c, ipv4_ping_group_range)
 */
export function networkSysctls(groupIds: number): Record<string, string> {
  return {
    'net.ipv4.ping_group_range': `0 ${Math.min(groupIds, 0x80000000) - 1}`,
    'net.ipv4.ip_unprivileged_port_start': '0',
  };
}

/** Group ids from 0 on that exist in the container without a gap. */
function mappedGroupIds({ idMappings, host, namespaces }: SpecInput): number {
  if (idMappings === undefined || (namespaces?.user ?? 'host') === 'host') return host.groupIds;
  let count = 0;
  for (const { containerID, size } of [...idMappings.gid].sort((a, b) => a.containerID - b.containerID)) {
    if (containerID !== count) break;
    count += size;
  }
  return count;
}

/**
 * config.json's text. An unlimited rlimit is RLIM_INFINITY there, 2^64-1, which is no JavaScript number; quotes inside
 * strings are escaped, so the pattern meets rlimits alone.
 */
export function serializeSpec(spec: Spec): string {
  return JSON.stringify(spec).replace(/"(soft|hard)":-1\b/g, '"$1":18446744073709551615');
}
