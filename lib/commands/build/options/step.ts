/** What the containers of RUN are given: the words of `run`, as far as docker build and podman build take them. */
import type { Options, OptionTable } from '../../../cli/command.ts';
import type { Entitlement, StepLimits } from '../../../engine/build/request.ts';
import { parseStepVolume } from '../../../engine/build/step-volume-option.ts';
import { checkNamespaceMode } from '../../../engine/container/namespaces.ts';
import { parseUlimit } from '../../../oci/model/runtime-spec/rlimits.ts';
import { invalidOption, splitWords } from '../../container/options/invalid.ts';
import { namespaceOptions } from '../../container/options/namespaces.ts';
import { networkOptions, parseAddHost, readDns } from '../../container/options/network.ts';
import { parseSwap, resourceOptions } from '../../container/options/resources.ts';

const ENTITLEMENTS: readonly Entitlement[] = ['network.host', 'security.insecure', 'device'];

export const stepOptions = {
  'add-host': networkOptions['add-host'],
  allow: {
    type: 'list',
    metavar: 'ENTITLEMENT',
    summary: 'What RUN may ask for: network.host, security.insecure, device',
  },
  'cap-add': { type: 'list', metavar: 'CAPABILITY', summary: 'Add capabilities' },
  'cap-drop': { type: 'list', metavar: 'CAPABILITY', summary: 'Drop capabilities' },
  'cgroup-parent': resourceOptions['cgroup-parent'],
  cgroupns: namespaceOptions.cgroupns,
  'cpu-period': resourceOptions['cpu-period'],
  'cpu-quota': resourceOptions['cpu-quota'],
  'cpu-shares': resourceOptions['cpu-shares'],
  'cpuset-cpus': resourceOptions['cpuset-cpus'],
  'cpuset-mems': resourceOptions['cpuset-mems'],
  device: { type: 'list', metavar: 'HOST[:CONTAINER[:rwm]]', summary: 'Give a device of the host' },
  dns: networkOptions.dns,
  'dns-option': networkOptions['dns-option'],
  'dns-search': networkOptions['dns-search'],
  'group-add': { type: 'list', metavar: 'GROUP', summary: 'Further groups of the user' },
  ipc: namespaceOptions.ipc,
  memory: resourceOptions.memory,
  'memory-swap': resourceOptions['memory-swap'],
  network: {
    type: 'string',
    default: 'default',
    metavar: 'MODE',
    aliases: ['net'],
    summary: 'Network of RUN: default, none, host, a network by name, ns:PATH',
    complete: 'network',
  },
  'no-hosts': networkOptions['no-hosts'],
  pid: namespaceOptions.pid,
  'runtime-flag': {
    type: 'list',
    metavar: 'FLAG',
    summary: 'Options for the OCI runtime, without their dashes',
  },
  'security-opt': { type: 'list', metavar: 'OPTION', summary: 'Security options, as for run' },
  'shm-size': resourceOptions['shm-size'],
  stdin: { type: 'bool', summary: 'Let RUN read standard input' },
  ulimit: { type: 'list', metavar: 'NAME=SOFT[:HARD]', summary: 'Limits of each process' },
  userns: namespaceOptions.userns,
  'userns-gid-map': {
    type: 'list',
    metavar: 'CONTAINER:HOST:SIZE',
    summary: 'Group ids of a user namespace for RUN',
  },
  'userns-gid-map-group': {
    type: 'string',
    metavar: 'NAME',
    summary: 'Whose ranges in /etc/subgid RUN has',
  },
  'userns-uid-map': {
    type: 'list',
    metavar: 'CONTAINER:HOST:SIZE',
    summary: 'User ids of a user namespace for RUN',
  },
  'userns-uid-map-user': {
    type: 'string',
    metavar: 'NAME',
    summary: 'Whose ranges in /etc/subuid RUN has',
  },
  uts: namespaceOptions.uts,
  volume: {
    short: 'v',
    type: 'list',
    metavar: 'HOST:CONTAINER[:OPTIONS]',
    summary: 'Show a folder of the host to every RUN',
    complete: 'mount',
  },
} as const satisfies OptionTable;

type StepOptions = Options<typeof stepOptions>;

/** @throws ProaError INVALID_OPTION, INVALID_ULIMIT */
export function readStepLimits(options: StepOptions): StepLimits {
  for (const [kind, name] of NAMESPACES) {
    const mode = options[name];
    if (mode) checkNamespaceMode(kind, mode);
  }
  const ulimits = options.ulimit.flatMap((text) => text.split(','));
  for (const text of ulimits) parseUlimit(text);
  for (const text of options.volume) parseStepVolume(text);
  const { servers = [], search = [], options: dnsOptions = [] } = readDns(options).dns ?? {};
  return {
    ...said({
      memory: options.memory || undefined,
      memorySwap: parseSwap(options['memory-swap']),
      cpuShares: options['cpu-shares'] || undefined,
      cpuPeriod: options['cpu-period'] || undefined,
      cpuQuota: options['cpu-quota'] || undefined,
      cpusetCpus: options['cpuset-cpus'] || undefined,
      cpusetMems: options['cpuset-mems'] || undefined,
      cgroupParent: options['cgroup-parent'] || undefined,
      shmSize: options['shm-size'] || undefined,
      // Podman's `container`: one of its own, which here is that of the engine where there is one.
      userns: ['', 'host', 'container'].includes(options.userns ?? '') ? undefined : options.userns,
      subuidname: options['userns-uid-map-user'],
      subgidname: options['userns-gid-map-group'],
      ipc: options.ipc || undefined,
      pid: options.pid || undefined,
      uts: options.uts || undefined,
      cgroupns: options.cgroupns || undefined,
      noHosts: options['no-hosts'] || undefined,
    }),
    ulimits,
    capAdd: splitWords(options['cap-add']),
    capDrop: splitWords(options['cap-drop']),
    devices: options.device,
    securityOpts: options['security-opt'],
    addHosts: options['add-host'].flatMap(parseAddHost).map(({ name, ip }) => `${name}:${ip}`),
    dns: servers,
    dnsSearch: search,
    dnsOptions,
    volumes: options.volume,
    uidMaps: splitWords(options['userns-uid-map']),
    gidMaps: splitWords(options['userns-gid-map']),
    groupAdd: splitWords(options['group-add']),
    runtimeFlags: options['runtime-flag']
      .flatMap((text) => text.split(','))
      .map((flag) => `--${flag.replace(/^--/, '')}`),
  };
}

const NAMESPACES = [
  ['ipc', 'ipc'],
  ['pid', 'pid'],
  ['uts', 'uts'],
  ['cgroup', 'cgroupns'],
] as const;

/** Only what was given: a member that is there and undefined is not the same. */
function said<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

/** @throws ProaError INVALID_OPTION */
export function readEntitlements(texts: readonly string[]): ReadonlySet<Entitlement> {
  return new Set(
    splitWords(texts).map((text) => {
      const name = text.replace(/=.*$/, '');
      if (!ENTITLEMENTS.includes(name as Entitlement))
        throw invalidOption('allow', text, `must be one of ${ENTITLEMENTS.join(', ')}`);
      return name as Entitlement;
    }),
  );
}
