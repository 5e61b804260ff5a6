/** `create`: from an image and a request to a container on disk. Nothing of it runs yet. */
import { isAbsolute, normalize } from 'node:path/posix';
import { ProaError } from '../../core/error.ts';
import type { Lock } from '../../core/lock.ts';
import { span } from '../../core/trace.ts';
import type { GpuRequest } from '../../oci/model/gpus.ts';
import type { ContainerDefaults, Healthcheck } from '../../oci/model/image-config.ts';
import { selectRuntime } from '../../oci/runtime/select.ts';
import {
  type ContainerConfig,
  type ContainerMount,
  type ContainerOptions,
  type HealthOptions,
  type LogConfig,
  newContainerId,
  type PortRequest,
  publishContainer,
  type RestartPolicy,
  stageContainer,
} from '../../storage/containers.ts';
import { type ImageRecord, readImageConfig } from '../../storage/images.ts';
import { LayerLease } from '../../storage/layers.ts';
import { claimName, releaseName, validateName } from '../../storage/names.ts';
import type { Engine } from '../engine.ts';
import { tellContainer } from '../events.ts';
import { healthConfig } from '../health/settings.ts';
import { resolveNetworks } from '../network/resolve.ts';
import type { SecretUse } from '../secret/request.ts';
import { removeAnonymousVolumes } from './anonymous-volumes.ts';
import type { UserNamespaceRequest } from './id-maps.ts';
import { joinNetwork, type NetworkOptions } from './joined-network.ts';
import { limitWarnings } from './limits.ts';
import { logWarnings } from './log-options.ts';
import { mergeEnv } from './merge-env.ts';
import type { MountRequest } from './mount-request.ts';
import { type ImageVolumeMode, resolveMounts } from './mounts.ts';
import { namespaceHostname } from './namespaces.ts';
import { resolveOptions } from './options.ts';
import { randomName } from './random-name.ts';
import { SYSTEMD_STOP_SIGNAL, systemdEnv, wantsSystemd } from './systemd-mode.ts';
import { mountsOfOthers } from './volumes-from.ts';
import { checkWorkingFolder } from './working-folder.ts';

/** What a person asked for; absent members take the image's or the engine's defaults. */
export interface CreateRequest {
  /** What has no part in an image. Names of containers in it are still as given. */
  options?: ContainerOptions;
  /** Of those that the host's device specifications describe. */
  gpus?: GpuRequest;
  /** Mounts for systemd as first process: when it is that, or `always`. */
  systemd?: boolean | 'always';
  /** Take the system call filter that the image's label has, if it has one. */
  seccompFromImage?: boolean;
  userNamespace?: UserNamespaceRequest;
  /** The image and the name it was asked by; or `rootfs`. */
  image?: { record: ImageRecord; name: string };
  rootfs?: string;
  /** Replaces the image's Cmd. */
  command: string[];
  /** Replaces the image's Entrypoint (and drops its Cmd); `[]` clears it. */
  entrypoint?: string[];
  name?: string;
  /** NAME=VALUE; a bare NAME takes the image's variable away. */
  env: string[];
  /** NAME=VALUE of the host, which anything else replaces. */
  hostEnv?: string[];
  /** `--env-merge`: NAME=TEXT with the image's variables in it. */
  envMerge?: string[];
  workingDir?: string;
  user?: string;
  hostname?: string;
  tty: boolean;
  openStdin: boolean;
  stdinOnce: boolean;
  autoRemove: boolean;
  detachKeys?: string;
  labels: Record<string, string>;
  mounts: MountRequest[];
  /** `NAME[:ro]` of containers whose mounts it takes over. */
  volumesFrom?: string[];
  /** What becomes of the image's volumes. */
  imageVolumes?: ImageVolumeMode;
  /** bridge, host, none, pasta, slirp4netns, `container:NAME`, `ns:PATH` */
  networkMode: string;
  ports: PortRequest[];
  network?: NetworkOptions;
  /** Ports and ranges besides the image's: `80`, `53/udp`, `8000-8010`. */
  expose?: string[];
  privileged: boolean;
  readonlyRootfs: boolean;
  init: boolean;
  capAdd: string[];
  capDrop: string[];
  securityOpt: string[];
  ulimits: string[];
  resources: ContainerConfig['resources'];
  stopSignal?: string;
  /** Seconds. */
  stopTimeout?: number;
  restart: RestartPolicy;
  /** Its members win over the image's. */
  healthcheck?: Healthcheck;
  health?: HealthOptions;
  runtime?: string;
  secrets?: SecretUse[];
  logging?: LogConfig;
  createCommand: string[];
}

/** Docker's and Podman's: SIGTERM, then ten seconds. */
const DEFAULT_STOP_SIGNAL = 'SIGTERM';
const DEFAULT_STOP_TIMEOUT = 10;
/** As Podman, where an image may bring its own filter. */
const SECCOMP_LABEL = 'io.containers.seccomp.profile';

export interface CreatedContainer {
  config: ContainerConfig;
  /** The container's lock, still held, so that a start can follow with nothing in between. */
  lock: Lock;
  /** What was asked for and cannot be had here, one line each. */
  warnings: string[];
}

/**
 * Creates a container.
 * @throws ProaError NAME_IN_USE, NO_COMMAND, LAYER_MISSING, or what a mount's error is; nothing is left on disk then
 */
export async function createContainer(engine: Engine, request: CreateRequest): Promise<CreatedContainer> {
  using _ = span('create container');
  const { store } = engine;
  if (request.name !== undefined) validateName(request.name);
  checkHostname(request.hostname);
  // One that is not there is told before anything is made.
  if (request.runtime !== undefined) selectRuntime({ configured: request.runtime });
  const record = request.image?.record;
  const image = record === undefined ? undefined : readImageConfig(store, record);
  const defaults = image?.config ?? {};
  const command = effectiveCommand(request, defaults);
  const systemd = wantsSystemd(request.systemd, [...command.entrypoint, ...command.command][0]!);
  const { options, warnings, user } = await resolveOptions(engine, request, systemd);
  warnings.push(...limitWarnings(engine, request.resources), ...networkWarnings(request));
  const joined = joinNetwork(store, request.networkMode);
  const networks = resolveNetworks(store, { ...request.network, mode: joined.mode });
  const inherited = mountsOfOthers(store, request.volumesFrom ?? []);
  if (request.logging !== undefined) warnings.push(...logWarnings(request.logging));
  const id = newContainerId();

  using lease = new LayerLease();
  for (const diffId of record?.diffIds ?? []) {
    if (await lease.add(store, diffId)) continue;
    throw new ProaError(
      'LAYER_MISSING',
      `create container: layer ${diffId} of ${request.image?.name} is gone`,
      {
        hint: `proa pull ${request.image?.name}`,
      },
    );
  }

  using staging = stageContainer(store, id);
  const name = await claim(engine, request.name, id);
  let mounts: ContainerMount[] = [];
  try {
    const requests = request.mounts.some(({ driver }) => driver !== undefined)
      ? await (await import('../volume/asked-for.ts')).makeDriverVolumes(store, request.mounts, mounts)
      : request.mounts;
    mounts = resolveMounts(store, requests, Object.keys(defaults.Volumes ?? {}), {
      inherited,
      imageVolumes: request.imageVolumes,
    });
    if (request.secrets?.length) {
      const { takeSecrets } = await import('../secret/take.ts');
      options.secrets = takeSecrets(store, request.secrets, staging.path);
    }
    for (const diffId of mounts.flatMap(({ image }) => image?.diffIds ?? [])) await lease.add(store, diffId);
    const config: ContainerConfig = {
      ...options,
      version: 1,
      id,
      name,
      created: new Date().toISOString(),
      ...(request.image && record ? { image: { id: record.id, name: request.image.name } } : {}),
      ...(request.rootfs === undefined ? {} : { rootfs: request.rootfs }),
      diffIds: [...(record?.diffIds ?? [])],
      ...command,
      env: mergeEnv([...(systemd ? systemdEnv(id) : []), ...(defaults.Env ?? [])], request),
      workingDir: workingDir(request.workingDir ?? defaults.WorkingDir),
      user: request.user ?? user ?? defaults.User ?? '',
      hostname:
        request.hostname ??
        namespaceHostname(store, options.namespaces?.uts) ??
        joined.hostname ??
        id.slice(0, 12),
      tty: request.tty,
      openStdin: request.openStdin,
      stdinOnce: request.stdinOnce,
      autoRemove: request.autoRemove,
      detachKeys: request.detachKeys,
      labels: { ...defaults.Labels, ...serviceLabel(), ...request.labels },
      mounts,
      ...(request.volumesFrom?.length ? { volumesFrom: request.volumesFrom } : {}),
      network: { ...request.network, ...networks, ports: request.ports },
      privileged: request.privileged,
      readonlyRootfs: request.readonlyRootfs,
      init: request.init,
      capAdd: request.capAdd,
      capDrop: request.capDrop,
      ...securityOptions(request, defaults),
      ulimits: request.ulimits,
      resources: request.resources,
      ...(systemd && { systemd }),
      stopSignal:
        request.stopSignal ?? defaults.StopSignal ?? (systemd ? SYSTEMD_STOP_SIGNAL : DEFAULT_STOP_SIGNAL),
      stopTimeout: request.stopTimeout ?? DEFAULT_STOP_TIMEOUT,
      restart: request.restart,
      runtime: request.runtime ?? '',
      exposedPorts: [...new Set([...Object.keys(defaults.ExposedPorts ?? {}), ...(request.expose ?? [])])],
      ...healthConfig(request, defaults),
      logging: request.logging,
      createCommand: request.createCommand,
    };
    const lock = publishContainer(store, staging, config);
    tellContainer(store, config, 'create');
    return { config, lock, warnings };
  } catch (error) {
    removeAnonymousVolumes(store, { mounts });
    releaseName(store, name, id);
    throw error;
  }
}

/** The systemd service that makes the container, for who restarts it (podman-auto-update(1)). */
function serviceLabel(): Record<string, string> {
  const unit = process.env.PODMAN_SYSTEMD_UNIT;
  return unit ? { PODMAN_SYSTEMD_UNIT: unit } : {};
}

/** Docker's rule: --entrypoint drops the image's Cmd, and arguments replace Cmd. */
function effectiveCommand(
  request: CreateRequest,
  defaults: ContainerDefaults,
): Pick<ContainerConfig, 'entrypoint' | 'command'> {
  const entrypoint = request.entrypoint ?? [...(defaults.Entrypoint ?? [])];
  const inherited = request.entrypoint === undefined ? [...(defaults.Cmd ?? [])] : [];
  const command = request.command.length > 0 ? request.command : inherited;
  if (entrypoint.length + command.length === 0) {
    throw new ProaError('NO_COMMAND', 'create container: no command specified, and the image has none', {
      hint: 'Give one after the image: proa run IMAGE COMMAND',
    });
  }
  return { entrypoint, command };
}

/** It becomes a word of /etc/hosts, where another line would be another host's. */
function checkHostname(hostname = ''): void {
  if (!/[\s\p{Cc}]/u.test(hostname)) return;
  throw new ProaError(
    'INVALID_HOSTNAME',
    `use hostname ${JSON.stringify(hostname)}: it holds spaces or control characters`,
  );
}

/** In Docker's words. */
function networkWarnings({ networkMode, ports }: CreateRequest): string[] {
  return networkMode === 'host' && ports.length > 0
    ? ['Published ports are discarded when using host network mode']
    : [];
}

/** Later options win, so the image's filter gives way to one that was asked for. */
function securityOptions(
  { securityOpt, seccompFromImage }: CreateRequest,
  defaults: ContainerDefaults,
): Pick<ContainerConfig, 'securityOpt' | 'seccompProfile'> {
  const seccompProfile = seccompFromImage ? defaults.Labels?.[SECCOMP_LABEL] : undefined;
  if (seccompProfile === undefined || securityOpt.some((option) => /^seccomp[=:]/.test(option)))
    return { securityOpt };
  return { securityOpt: [`seccomp=${SECCOMP_LABEL}`, ...securityOpt], seccompProfile };
}

async function claim(engine: Engine, wanted: string | undefined, id: string): Promise<string> {
  if (wanted !== undefined) {
    await claimName(engine.store, wanted, id);
    return wanted;
  }
  for (let attempt = 0; ; attempt++) {
    const name = randomName(attempt);
    try {
      await claimName(engine.store, name, id);
      return name;
    } catch (error) {
      if (!(error instanceof ProaError && error.code === 'NAME_IN_USE') || attempt > 100) throw error;
    }
  }
}

function workingDir(given: string | undefined): string {
  if (given === undefined || given === '') return '/';
  if (!isAbsolute(given)) {
    throw new ProaError('INVALID_WORKDIR', `use working directory ${given}: it must be an absolute path`);
  }
  checkWorkingFolder(normalize(given));
  return normalize(given);
}
