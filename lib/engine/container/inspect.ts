/** `container inspect`: everything about a container, in Docker's structure with Podman's members besides. */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path/posix';
import { hasCode, ProaError } from '../../core/error.ts';
import { formatReference, parseReference } from '../../oci/model/reference.ts';
import { resolveCapabilities } from '../../oci/model/runtime-spec/capabilities.ts';
import { readCapabilities } from '../../rootless/identity.ts';
import {
  bundlePath,
  type Container,
  type ContainerConfig,
  type ContainerState,
  containerPath,
  mergedPath,
  readContainer,
  resolveContainer,
} from '../../storage/containers.ts';
import { readImage } from '../../storage/images.ts';
import { layerDiffPath } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { healthSettings } from '../health/settings.ts';
import { containerCgroupPath, presentCgroupPath } from './cgroup-path.ts';
import { dependenciesOf } from './dependencies.ts';
import { inspectConfig, inspectHostConfig } from './inspect-config.ts';
import { inspectMounts } from './inspect-mounts.ts';
import { inspectNetwork } from './inspect-network.ts';
import { type EtcFile, etcFile } from './joined-network.ts';
import { logFile } from './log-driver.ts';
import { shownProfile } from './mandatory-access.ts';
import { containerSize } from './size.ts';
import { observeState } from './state.ts';

/** What Go shows for a time that is not set. */
const NO_TIME = '0001-01-01T00:00:00Z';

/**
 * The record that `container inspect` prints, its members in Docker's order. Paths in RUNROOT are there while the
 * container runs.
 * @param name id, unique prefix of one, or name
 * @throws ProaError CONTAINER_NOT_FOUND, AMBIGUOUS, CORRUPT_RECORD
 */
export function inspectContainer(engine: Engine, name: string, options: { size?: boolean } = {}) {
  const { store } = engine;
  const id = resolveContainer(store, name);
  const record = readContainer(store, id);
  if (record === undefined) {
    throw new ProaError('CONTAINER_NOT_FOUND', `find container ${name}: it was removed meanwhile`);
  }
  const container = { config: record.config, state: observeState(store, record) };
  const { config, state } = container;
  const [path = '', ...args] = [...config.entrypoint, ...config.command];
  const bundle = bundlePath(store, id);
  const etc = (file: EtcFile): string => (isUp(state) ? etcFile(store, config, file) : '');
  const size = options.size ? containerSize(store, config) : undefined;
  return {
    Id: id,
    Created: config.created,
    Path: path,
    Args: args,
    State: inspectState(engine, container),
    Image: config.image?.id ?? '',
    ResolvConfPath: etc('resolv.conf'),
    HostnamePath: etc('hostname'),
    HostsPath: etc('hosts'),
    LogPath: logFile(store, config) ?? '',
    Name: `/${config.name}`,
    RestartCount: state.restartCount,
    Driver: 'overlay',
    Platform: 'linux',
    MountLabel: config.selinux?.mount ?? '',
    ProcessLabel: config.selinux?.process ?? '',
    AppArmorProfile: shownProfile(config, engine.identity.rootless),
    // Docker's null for none.
    ExecIDs: (isUp(state) && execSessions(bundle)) || null,
    HostConfig: inspectHostConfig(config, state, logFile(store, config) ?? ''),
    GraphDriver: { Data: driverData(engine, config), Name: 'overlay' },
    ...(size && { SizeRw: size.own, SizeRootFs: size.total }),
    Mounts: inspectMounts(config),
    Config: inspectConfig(config),
    NetworkSettings: inspectNetwork(store, container),
    ...podmanMembers(engine, container),
  };
}

function isUp({ status }: ContainerState): boolean {
  return status === 'running' || status === 'paused';
}

function inspectState(engine: Engine, { config, state }: Container) {
  const up = isUp(state);
  // Of one that waits for its start, too, a process is there.
  const there = up || state.status === 'initialized';
  return {
    Status: state.status,
    // Docker counts a paused container as running.
    Running: up,
    Paused: state.status === 'paused',
    Restarting: false,
    OOMKilled: state.oomKilled ?? false,
    Dead: false,
    Pid: there ? (state.process?.pid ?? 0) : 0,
    ExitCode: up ? 0 : (state.exitCode ?? 0),
    Error: state.error ?? '',
    StartedAt: state.startedAt ?? NO_TIME,
    FinishedAt: state.finishedAt ?? NO_TIME,
    OciVersion: '1.0.2',
    ConmonPid: there ? (state.conmon?.pid ?? 0) : 0,
    CheckpointedAt: state.checkpointedAt ?? NO_TIME,
    RestoredAt: state.restoredAt ?? NO_TIME,
    CgroupPath: there ? (cgroupPathOf(engine, config, state) ?? '') : '',
    ...inspectHealth(config, state),
  };
}

function cgroupPathOf(engine: Engine, config: ContainerConfig, state: ContainerState): string | undefined {
  return config.cgroupMode === 'split' && state.process !== undefined
    ? presentCgroupPath(state.process.pid, config.id)
    : containerCgroupPath(engine, config);
}

/** Docker's member and Podman's, when there is a check and something is known of it. */
function inspectHealth(config: ContainerConfig, { health }: ContainerState) {
  if (health === undefined || healthSettings(config) === undefined) return {};
  const { status: Status, failingStreak: FailingStreak, log: Log } = health;
  const shown = { Status, FailingStreak, Log };
  return { Health: shown, Healthcheck: shown };
}

function podmanMembers({ store, runtime }: Engine, { config, state }: Container) {
  const { image } = config;
  const bundle = bundlePath(store, config.id);
  const capabilities = resolveCapabilities({
    add: config.capAdd,
    drop: config.capDrop,
    privileged: config.privileged,
    root: /^(root|0|)(:|$)/.test(config.user),
    bounding: readCapabilities().bounding,
  });
  return {
    ImageDigest: image === undefined ? '' : (readImage(store, image.id)?.manifest.digest ?? ''),
    ImageName: image === undefined ? '' : fullName(image),
    Rootfs: config.rootfs ?? '',
    Pod: '',
    StaticDir: containerPath(store, config.id),
    OCIRuntime: basename(state.runtime ?? (config.runtime || runtime || '')),
    OCIConfigPath: isUp(state) ? `${bundle}/config.json` : '',
    ConmonPidFile: config.conmonPidFile ?? `${bundle}/conmon.pid`,
    PidFile: config.pidFile ?? `${bundle}/pidfile`,
    EffectiveCaps: capabilities.effective,
    BoundingCaps: capabilities.bounding,
    Dependencies: dependenciesOf(config),
    Namespace: '',
    IsInfra: false,
    IsService: false,
  };
}

/** A container may have been made from an id, or a prefix of one, which is no name. */
function fullName({ id, name }: NonNullable<ContainerConfig['image']>): string {
  return id.replace(/^sha256:/, '').startsWith(name.replace(/^sha256:/, ''))
    ? name
    : formatReference(parseReference(name));
}

/** The overlay mount's parts, topmost layer first. A root of the user's own has none. */
function driverData({ store }: Engine, config: ContainerConfig): Record<string, string> {
  if (config.rootfs !== undefined) return {};
  const own = containerPath(store, config.id);
  return {
    LowerDir: config.diffIds
      .toReversed()
      .map((diffId) => layerDiffPath(store, diffId))
      .join(':'),
    MergedDir: mergedPath(store, config.id),
    UpperDir: `${own}/upper`,
    WorkDir: `${own}/work`,
  };
}

/** Sessions of `exec`: each has a folder of its own in the bundle while its process runs. */
function execSessions(bundle: string): string[] | undefined {
  try {
    const sessions = readdirSync(bundle).filter((entry) => /^x[0-9a-f]{8}$/.test(entry));
    return sessions.length > 0 ? sessions : undefined;
  } catch (error) {
    // The container ended a moment ago.
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
