/** From a container's record and the host's facts to the config.json of its bundle. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { hasCode, messageOf, ProaError } from '../../core/error.ts';
import { findProgram } from '../../core/programs.ts';
import type { ContainerDevice } from '../../oci/model/runtime-spec/devices.ts';
import { makeEnv } from '../../oci/model/runtime-spec/env.ts';
import { bindMount, tmpfsMount } from '../../oci/model/runtime-spec/mount-options.ts';
import type { NamespaceChoice } from '../../oci/model/runtime-spec/namespaces.ts';
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
import { cgroupPath } from '../../rootless/cgroups.ts';
import { mayRaiseLimits, readCapabilities } from '../../rootless/identity.ts';
import { lockedMountFlags } from '../../rootless/locked-mount-flags.ts';
import type { ContainerConfig, ContainerMount } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { containerUser } from './container-user.ts';
import { containerResources } from './limits.ts';

export interface SpecFacts {
  /** The mounted root file system. */
  root: string;
  network: NamespaceChoice;
  /** Files of ours to show as /etc/hosts, /etc/resolv.conf and /etc/hostname, by their name. */
  etc: Readonly<Record<string, string>>;
}

/** @throws ProaError USER_NOT_FOUND, ID_NOT_MAPPED, INVALID_…, PROGRAM_MISSING (catatonit, for --init) */
export function containerSpec(engine: Engine, config: ContainerConfig, facts: SpecFacts): Spec {
  const { rootless } = engine.identity;
  const user = containerUser(engine.identity, config, facts.root);
  const capabilities = readCapabilities();
  const host = specHost(engine, capabilities.bounding);
  const securityOptions = parseSecurityOptions(config.securityOpt);
  const seccompFile = typeof securityOptions.seccomp === 'object' ? securityOptions.seccomp.file : undefined;
  return makeSpec({
    process: {
      args: [...config.entrypoint, ...config.command],
      env: makeEnv({ image: config.env, hostname: config.hostname, home: user.home, terminal: config.tty }),
      cwd: config.workingDir,
      user,
      terminal: config.tty,
      rlimits: resolveRlimits({
        ulimits: config.ulimits.map(parseUlimit),
        host: parseProcLimits(readFileSync('/proc/self/limits', 'utf8')),
        mayRaise: mayRaiseLimits(engine.identity, capabilities),
      }),
      init: config.init ? findProgram('catatonit') : undefined,
    },
    rootfs: { path: facts.root, readonly: config.readonlyRootfs },
    hostname: config.hostname,
    mounts: [...etcMounts(config, facts.etc), ...config.mounts.map((mount) => ownMount(mount, rootless))],
    namespaces: { network: facts.network },
    sysctls: typeof facts.network === 'object' ? networkSysctls(host.groupIds) : {},
    security: {
      privileged: config.privileged,
      capAdd: config.capAdd,
      capDrop: config.capDrop,
      options: securityOptions,
      seccompProfile: seccompFile === undefined ? undefined : readProfile(seccompFile),
    },
    cgroup: containerCgroup(engine, config),
    devices: config.privileged ? hostDevices(rootless) : [],
    annotations: { 'io.container.manager': 'proa' },
    host,
  });
}

/** What the host allows, for the specification and for exec's processes. */
export function specHost(engine: Engine, bounding = readCapabilities().bounding): SpecHost {
  const { rootless, groupIds } = engine.identity;
  return { rootless, groupIds, architecture: hostArchitecture(), bounding };
}

function containerCgroup(engine: Engine, config: ContainerConfig): SpecInput['cgroup'] {
  const path = cgroupPath(engine.cgroups.manager, config.id);
  return path === undefined ? undefined : { path, resources: containerResources(engine, config.resources) };
}

function etcMounts(config: ContainerConfig, etc: Readonly<Record<string, string>>): Mount[] {
  const own = new Set(config.mounts.map(({ destination }) => destination));
  return Object.entries(etc)
    .map(([name, source]) => ({ source, destination: `/etc/${name}` }))
    .filter(({ destination }) => !own.has(destination))
    .map((mount) => bindMount({ ...mount, nonRecursive: true }));
}

function ownMount(mount: ContainerMount, rootless: boolean): Mount {
  if (mount.type === 'tmpfs') return tmpfsMount(mount.destination, mount.options);
  const { options } = mount;
  return bindMount({
    source: mount.source,
    destination: mount.destination,
    readonly: options.includes('ro'),
    nonRecursive: options.includes('bind'),
    propagation: options.find((word) => /^r?(private|shared|slave)$/.test(word)),
    options: [
      ...options.filter((word) => /^(no)?(exec|suid|dev)$/.test(word)),
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

/** All device nodes of the host, for --privileged; a user shows only those that they may open. */
function hostDevices(rootless: boolean): ContainerDevice[] {
  // A user namespace cannot make device nodes, and binding /dev whole would hide the container's own.
  if (rootless) return [];
  const devices: ContainerDevice[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!/^\/dev\/(pts|shm|mqueue|hugepages|fd|\.lxc)$/.test(path)) walk(path);
        continue;
      }
      if (!entry.isCharacterDevice() && !entry.isBlockDevice()) continue;
      // The runtime makes these itself.
      if (/^\/dev\/(null|zero|full|random|urandom|tty|console|ptmx)$/.test(path)) continue;
      try {
        devices.push(device(path, entry.isBlockDevice()));
      } catch (error) {
        // Devices come and go (hotplug).
        if (!hasCode(error, 'ENOENT')) throw error;
      }
    }
  };
  walk('/dev');
  return devices;
}

function device(path: string, block: boolean): ContainerDevice {
  const { rdev, mode, uid, gid } = statSync(path);
  // The kernel's 64-bit dev_t: makedev(3).
  const major = (rdev >>> 8) & 0xfff;
  const minor = (rdev & 0xff) | ((rdev >>> 12) & 0xfff00);
  return {
    device: { path, type: block ? 'b' : 'c', major, minor, fileMode: mode & 0o7777, uid, gid },
    access: 'rwm',
  };
}
