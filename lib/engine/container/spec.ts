/** From a container's record and the host's facts to the config.json of its bundle. */
import { existsSync, readFileSync } from 'node:fs';
import { messageOf, ProaError } from '../../core/error.ts';
import { findProgram } from '../../core/programs.ts';
import { parseDeviceRule } from '../../oci/model/runtime-spec/devices.ts';
import { makeEnv } from '../../oci/model/runtime-spec/env.ts';
import { bindMount, devptsMount, tmpfsMount } from '../../oci/model/runtime-spec/mount-options.ts';
import type { NamespaceChoice, NamespaceChoices } from '../../oci/model/runtime-spec/namespaces.ts';
import { parseProcLimits, parseUlimit, resolveRlimits } from '../../oci/model/runtime-spec/rlimits.ts';
import { hostArchitecture } from '../../oci/model/runtime-spec/seccomp.ts';
import { parseSecurityOptions } from '../../oci/model/runtime-spec/security-options.ts';
import {
  makeSpec,
  networkSysctls,
  type SpecHost,
  type SpecInput,
} from '../../oci/model/runtime-spec/spec.ts';
import type { Mount, Spec } from '../../oci/model/runtime-spec/types.ts';
import type { RuntimeKind } from '../../oci/runtime/select.ts';
import { contiguousIds } from '../../rootless/id-map.ts';
import { mayRaiseLimits, readCapabilities } from '../../rootless/identity.ts';
import { lockedMountFlags } from '../../rootless/locked-mount-flags.ts';
import { bundlePath, type ContainerConfig, type ContainerMount } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import type { ShownSecrets } from '../secret/show.ts';
import { containerCgroupPath } from './cgroup-path.ts';
import { containerUser, KEEP_GROUPS } from './container-user.ts';
import { containerDevices } from './devices.ts';
import { userDatabases } from './identity-files.ts';
import { containerResources } from './limits.ts';
import { apparmorProfile } from './mandatory-access.ts';
import { lowestOomScoreAdj } from './oom-score.ts';
import type { PreparedMounts } from './prepare-mounts.ts';
import { systemdCgroupMounts } from './systemd-mode.ts';

export interface SpecFacts {
  /** The mounted root file system. */
  root: string;
  namespaces: NamespaceChoices;
  shm: SpecInput['shm'];
  runtime: RuntimeKind;
  /** `linux.cgroupsPath` of one whose service's cgroup is split. */
  payloadPath?: string | undefined;
  /** The network namespace is the container's alone. */
  ownNetwork: boolean;
  /** The container's mounts as the runtime is to make them, and the root's propagation when one of them needs that. */
  mounts: PreparedMounts;
  secrets?: ShownSecrets | undefined;
  /** Files of ours to show in /etc, by their name there. */
  etc: Readonly<Record<string, string>>;
}

/** @throws ProaError USER_NOT_FOUND, ID_NOT_MAPPED, INVALID_…, PROGRAM_MISSING (catatonit, for --init) */
export function containerSpec(engine: Engine, config: ContainerConfig, facts: SpecFacts): Spec {
  const { rootless } = engine.identity;
  const databases = userDatabases(config, facts.root, bundlePath(engine.store, config.id));
  const user = containerUser(engine.identity, config, databases);
  const capabilities = readCapabilities();
  const host = specHost(engine, capabilities.bounding);
  const securityOptions = parseSecurityOptions(config.securityOpt);
  const seccompFile = typeof securityOptions.seccomp === 'object' ? securityOptions.seccomp.file : undefined;
  const namespaces = facts.namespaces;
  const cgroup = facts.payloadPath ?? containerCgroupPath(engine, config);
  const userNamespace = rootless || (namespaces.user !== undefined && namespaces.user !== 'host');
  const { devices, mounts: deviceMounts } = containerDevices(config, userNamespace);
  return makeSpec({
    process: {
      args: [...config.entrypoint, ...config.command],
      env: makeEnv({
        image: [...config.env, ...(facts.secrets?.env ?? [])],
        hostname: config.hostname,
        home: user.home,
        terminal: config.tty,
        unset: config.unsetEnv,
      }),
      cwd: config.workingDir,
      user,
      terminal: config.tty,
      rlimits: resolveRlimits({
        ulimits: config.ulimits.map(parseUlimit),
        host: parseProcLimits(readFileSync('/proc/self/limits', 'utf8')),
        mayRaise: mayRaiseLimits(engine.identity, capabilities),
      }),
      oomScoreAdj: oomScoreAdj(config.oomScoreAdj),
      umask: config.umask === undefined ? undefined : Number.parseInt(config.umask, 8),
      init: config.init ? (config.initPath ?? findProgram('catatonit')) : undefined,
    },
    rootfs: {
      path: facts.root,
      readonly: config.readonlyRootfs,
      ...(facts.mounts.propagation && { propagation: facts.mounts.propagation }),
    },
    hostname: config.hostname,
    domainname: config.domainname,
    mounts: [
      ...etcMounts(config, facts.etc),
      ...modeMounts(config),
      ...(config.systemd ? systemdCgroupMounts(engine, config, cgroup) : []),
      ...deviceMounts,
      ...facts.mounts.mounts.map((mount) => ownMount(mount, rootless)),
      ...(facts.secrets?.mounts ?? []),
    ],
    shm: facts.shm,
    namespaces,
    idMappings: config.idMaps && { uid: config.idMaps.uids, gid: config.idMaps.gids },
    sysctls: {
      ...(facts.ownNetwork && networkSysctls(mappedGroups(config) ?? host.groupIds)),
      ...config.sysctls,
    },
    security: {
      privileged: config.privileged,
      capAdd: config.capAdd,
      capDrop: config.capDrop,
      options: {
        ...securityOptions,
        apparmor: apparmorProfile(securityOptions, config.privileged, rootless) ?? 'unconfined',
      },
      selinux: config.selinux,
      seccompProfile:
        seccompFile === undefined ? undefined : (config.seccompProfile ?? readProfile(seccompFile)),
    },
    cgroup:
      cgroup === undefined
        ? undefined
        : { path: cgroup, resources: containerResources(engine, config.resources) },
    devices,
    deviceRules: config.deviceCgroupRules?.map(parseDeviceRule),
    personality: config.personality,
    rdtClass: config.rdtClass,
    annotations: {
      'io.container.manager': 'proa',
      ...(config.groupAdd?.includes(KEEP_GROUPS) && { 'run.oci.keep_original_groups': '1' }),
      ...config.annotations,
    },
    host: { ...host, absent: absentOnHost(namespaces.ipc), setsDomainname: facts.runtime === 'crun' },
  });
}

/** Which folders of the host an IPC namespace shared with it would show, if they were there. */
function absentOnHost(ipc: NamespaceChoice | undefined): ReadonlySet<string> {
  if (ipc !== 'host') return new Set();
  return new Set(['/dev/shm', '/dev/mqueue'].filter((folder) => !existsSync(folder)));
}

/** What the host allows, for the specification and for exec's processes. */
export function specHost(engine: Engine, bounding = readCapabilities().bounding): SpecHost {
  const { rootless, groupIds } = engine.identity;
  return { rootless, groupIds, architecture: hostArchitecture(), bounding };
}

function etcMounts(config: ContainerConfig, etc: Readonly<Record<string, string>>): Mount[] {
  const own = new Set(config.mounts.map(({ destination }) => destination));
  return ['', ...(config.chrootDirs ?? [])]
    .flatMap((root) =>
      Object.entries(etc).map(([name, source]) => ({ source, destination: `${root}/etc/${name}` })),
    )
    .filter(({ destination }) => !own.has(destination))
    .map((mount) => bindMount({ ...mount, nonRecursive: true }));
}

/** What systemd needs as first process (systemd.io, "Container Interface"), and what a read-only root leaves to write. */
function modeMounts(config: ContainerConfig): Mount[] {
  const own = new Set(config.mounts.map(({ destination }) => destination));
  const mounts: Mount[] = [];
  const tmpfs = (destination: string, ...options: string[]): void => {
    if (own.has(destination)) return;
    own.add(destination);
    mounts.push(tmpfsMount(destination, ['rw', 'tmpcopyup', ...options]));
  };
  if (config.systemd) {
    for (const folder of ['/run', '/run/lock']) tmpfs(folder, 'exec', 'mode=755');
    for (const folder of ['/tmp', '/var/log/journal']) tmpfs(folder, 'exec');
  }
  if (config.readonlyRootfs && config.readonlyTmpfs) {
    tmpfs('/run', 'mode=755');
    for (const folder of ['/tmp', '/var/tmp']) tmpfs(folder, 'mode=1777');
  }
  return mounts;
}

/** Lowering one's own takes CAP_SYS_RESOURCE (proc_pid_oom_score_adj(5)): without, it stays as it is. */
function oomScoreAdj(wanted: number | undefined): number | undefined {
  if (wanted === undefined) return undefined;
  return Math.max(wanted, lowestOomScoreAdj());
}

/** Group ids from 0 on in a user namespace of the container's own. */
function mappedGroups({ idMaps }: ContainerConfig): number | undefined {
  return (
    idMaps &&
    contiguousIds(
      idMaps.gids.map(({ containerID, hostID, size }) => ({ inside: containerID, outside: hostID, size })),
    )
  );
}

function ownMount(mount: ContainerMount, rootless: boolean): Mount {
  const { type, destination, options } = mount;
  if (type === 'tmpfs') return tmpfsMount(destination, options);
  if (type === 'ramfs') return { ...tmpfsMount(destination, options), type, source: type };
  if (type === 'devpts') return devptsMount(destination, options);
  return bindMount({
    source: mount.source,
    destination,
    readonly: options.includes('ro'),
    nonRecursive: options.includes('bind'),
    propagation: options.find((word) => /^r?(private|shared|slave|unbindable)$/.test(word)),
    options: [
      ...options.filter((word) => /^((no)?(exec|suid|dev)|idmap(=.*)?)$/.test(word)),
      ...(rootless && options.includes('ro') ? lockedMountFlags(mount.source) : []),
    ],
  });
}

function readProfile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ProaError('INVALID_SECCOMP', `read seccomp profile ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
