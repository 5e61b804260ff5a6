/** The container of a RUN: as `run` would make it, but of parts that are gone when the step is done. */
import { ProaError } from '../../core/error.ts';
import { parseDeviceOption } from '../../oci/model/runtime-spec/devices.ts';
import type { ContainerConfig } from '../../storage/containers.ts';
import type { ResolvedUserNamespace } from '../container/id-maps.ts';
import { joinNetwork } from '../container/joined-network.ts';
import type { Engine } from '../engine.ts';
import { resolveNetworks } from '../network/resolve.ts';
import type { StepLimits } from './request.ts';
import { stepVolumes } from './step-volumes.ts';

/** What a RUN asks for, all variables replaced. */
export interface StepProcess {
  readonly args: readonly string[];
  /** NAME=VALUE. */
  readonly env: readonly string[];
  /** Absolute. */
  readonly workingDir: string;
  /** USER[:GROUP]. */
  readonly user: string;
  /** default, none, host, or what `run --network` takes. */
  readonly network: string;
  /** `--security=insecure`. */
  readonly privileged: boolean;
  /** Devices of the step alone: as `run --device`, or names that device specifications describe. */
  readonly devices: readonly string[];
}

/** @throws ProaError INVALID_OPTION, NETWORK_NOT_FOUND, … */
export async function stepContainer(
  engine: Engine,
  id: string,
  step: StepProcess,
  limits: StepLimits,
): Promise<ContainerConfig> {
  const devices = [...limits.devices, ...step.devices];
  const { dns, dnsSearch, dnsOptions } = limits;
  const cdi = devices.filter(isCdiName);
  const { options: userNamespace, user } = await ownUserNamespace(engine, limits);
  const { namespace, ...owners } = userNamespace;
  const namespaces = {
    ...(namespace && { user: namespace }),
    ...(limits.ipc && { ipc: limits.ipc }),
    ...(limits.pid && { pid: limits.pid }),
    ...(limits.uts && { uts: limits.uts }),
    ...(limits.cgroupns && { cgroup: limits.cgroupns }),
  };
  return {
    version: 1,
    id,
    name: `build-${id.slice(0, 12)}`,
    created: '',
    diffIds: [],
    entrypoint: [],
    command: [...step.args],
    env: [...step.env],
    workingDir: step.workingDir,
    user: step.user || (user ?? ''),
    ...owners,
    hostname: id.slice(0, 12),
    tty: false,
    openStdin: false,
    stdinOnce: false,
    autoRemove: true,
    labels: {},
    mounts: stepVolumes(engine.store, limits.volumes),
    network: {
      ...resolveNetworks(engine.store, { mode: networkMode(engine, step.network) }),
      ports: [],
      extraHosts: limits.addHosts.map(parseHost),
      ...(limits.noHosts && { noHosts: true }),
      dns: {
        ...(dns.length > 0 && { servers: [...dns] }),
        ...(dnsSearch.length > 0 && { search: [...dnsSearch] }),
        ...(dnsOptions.length > 0 && { options: [...dnsOptions] }),
      },
    },
    privileged: step.privileged,
    readonlyRootfs: false,
    init: false,
    capAdd: [...limits.capAdd],
    capDrop: [...limits.capDrop],
    securityOpt: [...limits.securityOpts],
    ulimits: [...limits.ulimits],
    resources: resources(limits),
    stopSignal: 'SIGKILL',
    stopTimeout: 0,
    restart: { name: 'no', maximumRetryCount: 0 },
    runtime: '',
    exposedPorts: [],
    createCommand: [],
    ...(limits.shmSize !== undefined && { shmSize: limits.shmSize }),
    ...(limits.cgroupParent !== undefined && { cgroupParent: limits.cgroupParent }),
    ...(limits.groupAdd?.length && { groupAdd: [...limits.groupAdd] }),
    ...(devices.length > cdi.length && {
      devices: devices.filter((device) => !isCdiName(device)).map(parseDeviceOption),
    }),
    ...(cdi.length > 0 && { cdiDevices: cdi }),
    ...(Object.keys(namespaces).length > 0 && { namespaces }),
  };
}

async function ownUserNamespace(
  engine: Engine,
  { userns, uidMaps = [], gidMaps = [], subuidname, subgidname }: StepLimits,
): Promise<ResolvedUserNamespace> {
  const maps = [userns, subuidname, subgidname, ...uidMaps, ...gidMaps];
  if (maps.every((text) => text === undefined)) return { options: {} };
  const { resolveUserNamespace } = await import('../container/id-maps.ts');
  return resolveUserNamespace(engine, {
    ...(userns && { mode: userns }),
    uidMaps: [...uidMaps],
    gidMaps: [...gidMaps],
    ...(subuidname && { subuidname }),
    ...(subgidname && { subgidname }),
  });
}

/** `vendor.com/class=name`. */
export function isCdiName(device: string): boolean {
  return /^[^/=]+\/[^/=]+=[^/]+$/.test(device);
}

function networkMode(engine: Engine, network: string): string {
  if (network === 'default' || network === 'private' || network === '')
    return engine.identity.rootless ? 'pasta' : 'bridge';
  return joinNetwork(engine.store, network).mode;
}

function parseHost(text: string): { name: string; ip: string } {
  const [, name = '', ip = ''] = /^([^:=]+)[:=](.*)$/.exec(text) ?? [];
  const bare = ip.replace(/^\[(.*)\]$/, '$1');
  if (name !== '' && bare !== '') return { name, ip: bare };
  throw new ProaError('INVALID_OPTION', `add host ${JSON.stringify(text)}: it is not HOST:IP`);
}

function resources(limits: StepLimits): ContainerConfig['resources'] {
  const { memory, memorySwap, cpuShares, cpuPeriod, cpuQuota, cpusetCpus, cpusetMems } = limits;
  return { memory, memorySwap, cpuShares, cpuPeriod, cpuQuota, cpusetCpus, cpusetMems };
}
