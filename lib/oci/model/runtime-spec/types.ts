/**
 * The parts of the OCI runtime specification 1.1 (config.md, config-linux.md) that Proa writes into a bundle's
 * config.json. Names and units are the specification's.
 */

export interface Spec {
  ociVersion: string;
  process: Process;
  root: { path: string; readonly?: boolean };
  hostname?: string;
  domainname?: string;
  mounts: Mount[];
  annotations?: Record<string, string>;
  hooks?: Partial<Record<HookName, Hook[]>>;
  linux: Linux;
}

export interface Process {
  terminal?: boolean;
  user: ProcessUser;
  args: string[];
  /** `NAME=VALUE`. */
  env: string[];
  cwd: string;
  capabilities?: Capabilities;
  rlimits?: Rlimit[];
  noNewPrivileges?: boolean;
  oomScoreAdj?: number;
  apparmorProfile?: string;
  selinuxLabel?: string;
}

export interface ProcessUser {
  uid: number;
  gid: number;
  umask?: number;
  additionalGids?: number[];
}

export interface Capabilities {
  bounding: string[];
  effective: string[];
  permitted: string[];
  inheritable: string[];
  ambient: string[];
}

export interface Rlimit {
  /** `RLIMIT_NOFILE`. */
  type: string;
  soft: number;
  hard: number;
}

export interface Mount {
  destination: string;
  type?: string;
  source?: string;
  options?: string[];
}

export type HookName =
  | 'prestart'
  | 'createRuntime'
  | 'createContainer'
  | 'startContainer'
  | 'poststart'
  | 'poststop';

export interface Hook {
  path: string;
  args?: string[];
  env?: string[];
  /** Seconds. */
  timeout?: number;
}

export interface Linux {
  uidMappings?: IdMapping[];
  gidMappings?: IdMapping[];
  sysctl?: Record<string, string>;
  resources?: Resources;
  cgroupsPath?: string;
  namespaces: Namespace[];
  devices?: Device[];
  seccomp?: Seccomp;
  rootfsPropagation?: string;
  mountLabel?: string;
  maskedPaths?: string[];
  readonlyPaths?: string[];
  personality?: { domain: string };
  intelRdt?: { closID: string };
}

export interface IdMapping {
  containerID: number;
  hostID: number;
  size: number;
}

export type NamespaceType = 'pid' | 'network' | 'mount' | 'ipc' | 'uts' | 'user' | 'cgroup';

export interface Namespace {
  type: NamespaceType;
  /** A namespace file to join; a new namespace when left out. */
  path?: string;
}

export interface Device {
  path: string;
  type: 'b' | 'c' | 'u' | 'p';
  major: number;
  minor: number;
  fileMode?: number;
  uid?: number;
  gid?: number;
}

export interface DeviceRule {
  allow: boolean;
  type?: 'a' | 'b' | 'c';
  major?: number;
  minor?: number;
  /** Some of `rwm`. */
  access?: string;
}

export interface Resources {
  devices?: DeviceRule[];
  memory?: {
    /** Bytes, -1 without limit, as all of these. */
    limit?: number;
    reservation?: number;
    /** Memory and swap together. */
    swap?: number;
    swappiness?: number;
    disableOOMKiller?: boolean;
  };
  cpu?: {
    shares?: number;
    /** Microseconds in each period. */
    quota?: number;
    /** Microseconds. */
    period?: number;
    /** `0-3,5`. */
    cpus?: string;
    mems?: string;
    /** Microseconds, of v1 alone. */
    realtimeRuntime?: number;
    realtimePeriod?: number;
  };
  pids?: { limit: number };
  blockIO?: {
    weight?: number;
    weightDevice?: { major: number; minor: number; weight: number }[];
    throttleReadBpsDevice?: ThrottleDevice[];
    throttleWriteBpsDevice?: ThrottleDevice[];
    throttleReadIOPSDevice?: ThrottleDevice[];
    throttleWriteIOPSDevice?: ThrottleDevice[];
  };
  /** cgroup v2 file → value. */
  unified?: Record<string, string>;
}

export interface ThrottleDevice {
  major: number;
  minor: number;
  /** Bytes, or operations, a second. */
  rate: number;
}

export interface Seccomp {
  defaultAction: string;
  defaultErrnoRet?: number;
  architectures?: string[];
  flags?: string[];
  listenerPath?: string;
  syscalls: SeccompRule[];
}

export interface SeccompRule {
  names: string[];
  action: string;
  errnoRet?: number;
  args?: SeccompArgument[];
}

export interface SeccompArgument {
  index: number;
  value: number;
  valueTwo?: number;
  op: string;
}
