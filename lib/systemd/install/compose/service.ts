/** A service of a compose file as options of `proa run`. A key that has no counterpart is an error that names it. */
import type { RunOption } from '../container-file.ts';
import {
  asBoolean,
  asMap,
  asPairs,
  asPath,
  asSeconds,
  asText,
  asTexts,
  asWords,
  badKey,
  onlyKeys,
  type Values,
} from './values.ts';

export interface Place {
  /** Where relative paths count from. */
  folder: string;
  /** `services.web`, for messages. */
  key: string;
  /** The word of `Volume=` for a volume of the file's top, and of `Network=` for a network. */
  volume: (name: string, key: string) => string;
  network: (name: string, key: string) => string;
  /** The Quadlet file of another service. */
  service: (name: string, key: string) => string;
}

type Mapper = (value: unknown, place: Place) => RunOption[];

const text =
  (option: string): Mapper =>
  (value, { key }) => [[option, asText(value, key)]];
const texts =
  (option: string): Mapper =>
  (value, { key }) =>
    asTexts(value, key).map((each) => [option, each] as const);
const pairs =
  (option: string): Mapper =>
  (value, { key }) =>
    asPairs(value, key).map((each) => [option, each] as const);
const flag =
  (option: string): Mapper =>
  (value, { key }) =>
    asBoolean(value, key) ? [[option, true]] : [];

/** Keys that are an option each. Those that are read elsewhere have no mapper. */
const KEYS: Readonly<Record<string, Mapper | undefined>> = {
  annotations: pairs('annotation'),
  build: undefined,
  cap_add: texts('cap-add'),
  cap_drop: texts('cap-drop'),
  cgroup_parent: text('cgroup-parent'),
  command: undefined,
  container_name: undefined,
  cpu_shares: text('cpu-shares'),
  cpus: text('cpus'),
  cpuset: text('cpuset-cpus'),
  depends_on: undefined,
  devices: texts('device'),
  dns: texts('dns'),
  dns_opt: texts('dns-option'),
  dns_search: texts('dns-search'),
  domainname: text('domainname'),
  entrypoint: (value, { key }) => [['entrypoint', JSON.stringify(asWords(value, key))]],
  env_file: envFiles,
  environment: pairs('env'),
  expose: texts('expose'),
  extra_hosts: (value, { key }) =>
    asPairs(value, key).map((each) => ['add-host', each.replace('=', ':')] as const),
  group_add: texts('group-add'),
  healthcheck: health,
  hostname: text('hostname'),
  image: undefined,
  init: flag('init'),
  ipc: text('ipc'),
  labels: pairs('label'),
  logging: (value, { key }) => {
    const { driver, options, ...rest } = asMap(value, key);
    onlyKeys(rest, [], key);
    return [
      ...(driver === undefined ? [] : [['log-driver', asText(driver, key)] as const]),
      ...asPairs(options ?? {}, `${key}.options`).map((each) => ['log-opt', each] as const),
    ];
  },
  mac_address: text('mac-address'),
  mem_limit: text('memory'),
  mem_reservation: text('memory-reservation'),
  network_mode: (value, place) => {
    const mode = asText(value, place.key);
    const other = /^service:(.+)$/.exec(mode)?.[1];
    return [['network', other === undefined ? mode : place.service(other, place.key)]];
  },
  networks: undefined,
  oom_score_adj: text('oom-score-adj'),
  pid: text('pid'),
  pids_limit: text('pids-limit'),
  platform: text('platform'),
  ports,
  privileged: flag('privileged'),
  pull_policy: (value, { key }) => [['pull', asText(value, key).replace('if_not_present', 'missing')]],
  read_only: flag('read-only'),
  restart: undefined,
  runtime: text('runtime'),
  security_opt: (value, { key }) =>
    asTexts(value, key).map((each) => ['security-opt', each.replace(/^(\w+):/, '$1=')] as const),
  shm_size: text('shm-size'),
  stdin_open: flag('interactive'),
  stop_grace_period: (value, { key }) => [['stop-timeout', asSeconds(value, key)]],
  stop_signal: text('stop-signal'),
  sysctls: pairs('sysctl'),
  tmpfs: texts('tmpfs'),
  tty: flag('tty'),
  ulimits: (value, { key }) =>
    Object.entries(asMap(value, key)).map(([name, limit]) => {
      if (typeof limit !== 'object' || limit === null)
        return ['ulimit', `${name}=${asText(limit, key)}`] as const;
      const { soft, hard } = asMap(limit, key);
      return ['ulimit', `${name}=${asText(soft, key)}:${asText(hard, key)}`] as const;
    }),
  user: text('user'),
  userns_mode: text('userns'),
  volumes,
  working_dir: text('workdir'),
};

/** What a service may have, with what is read elsewhere. */
export const SERVICE_KEYS: readonly string[] = Object.keys(KEYS);

/** @throws ProaError BAD_COMPOSE_FILE naming the key that cannot be mapped */
export function runOptions(service: Values, place: Place): RunOption[] {
  onlyKeys(service, SERVICE_KEYS, place.key);
  return Object.entries(KEYS).flatMap(([name, mapper]) => {
    const value = service[name];
    if (mapper === undefined || value === undefined || value === null) return [];
    return mapper(value, { ...place, key: `${place.key}.${name}` });
  });
}

function envFiles(value: unknown, { key, folder }: Place): RunOption[] {
  return [value].flat().map((entry) => {
    if (typeof entry !== 'object') return ['env-file', asPath(asText(entry, key), folder)] as const;
    const { path, required, ...rest } = asMap(entry, key);
    onlyKeys(rest, [], key);
    if (required === false)
      throw badKey(`${key}.required`, 'a file that may be missing cannot be made a part of a Quadlet file');
    return ['env-file', asPath(asText(path, key), folder)] as const;
  });
}

function ports(value: unknown, { key }: Place): RunOption[] {
  return [value].flat().map((entry) => {
    if (typeof entry !== 'object' || entry === null) return ['publish', asText(entry, key)] as const;
    const { target, published, host_ip: ip, protocol, mode, name, app_protocol, ...rest } = asMap(entry, key);
    onlyKeys(rest, [], key);
    void [mode, name, app_protocol]; // say nothing on one machine
    const outside = [ip, published ?? (ip === undefined ? undefined : '')].filter(
      (part) => part !== undefined,
    );
    const words = [...outside, target].map((part) => asText(part, key)).join(':');
    return ['publish', `${words}${protocol === undefined ? '' : `/${asText(protocol, key)}`}`] as const;
  });
}

function volumes(value: unknown, place: Place): RunOption[] {
  return [value].flat().map((entry) => {
    if (typeof entry === 'object' && entry !== null) return longVolume(asMap(entry, place.key), place);
    const [source, ...rest] = asText(entry, place.key).split(':');
    if (rest.length === 0) return ['volume', source!] as const;
    return ['volume', [volumeSource(source!, place), ...rest].join(':')] as const;
  });
}

function volumeSource(source: string, { folder, key, volume }: Place): string {
  return /^[./~]/.test(source) ? asPath(source, folder) : volume(source, key);
}

function longVolume(entry: Values, place: Place): RunOption {
  const { key } = place;
  const { type, source, target, read_only: readOnly, bind, volume, tmpfs, ...rest } = entry;
  onlyKeys(rest, [], key);
  const to = asText(target, `${key}.target`);
  if (type === 'tmpfs') {
    const { size, mode, ...more } = asMap(tmpfs, `${key}.tmpfs`);
    onlyKeys(more, [], `${key}.tmpfs`);
    const words = [
      ...(size === undefined ? [] : [`size=${asText(size, key)}`]),
      ...(mode === undefined ? [] : [`mode=${Number(mode).toString(8)}`]),
    ];
    return ['tmpfs', words.length === 0 ? to : `${to}:${words.join(',')}`];
  }
  if (type !== 'bind' && type !== 'volume') throw badKey(`${key}.type`, 'must be bind, volume or tmpfs');
  const { propagation, selinux, create_host_path: create, ...bindRest } = asMap(bind, `${key}.bind`);
  onlyKeys(bindRest, [], `${key}.bind`);
  const { nocopy, ...volumeRest } = asMap(volume, `${key}.volume`);
  onlyKeys(volumeRest, [], `${key}.volume`);
  if (source === undefined) return ['volume', to];
  const from = asText(source, key);
  const words = [
    ...(readOnly === true ? ['ro'] : []),
    ...(propagation === undefined ? [] : [asText(propagation, key)]),
    ...(selinux === undefined ? [] : [asText(selinux, key)]),
    ...(nocopy === true ? ['nocopy'] : []),
  ];
  const given = type === 'bind' ? asPath(from, place.folder) : place.volume(from, key);
  // -v makes a folder that is missing; --mount does not, and knows no labels.
  if (type === 'bind' && create === false && selinux === undefined)
    return ['mount', [`type=bind,source=${given},destination=${to}`, ...words].join(',')];
  return ['volume', [given, to, ...(words.length === 0 ? [] : [words.join(',')])].join(':')];
}

function health(value: unknown, { key }: Place): RunOption[] {
  const { test, disable, interval, timeout, retries, start_period, start_interval, ...rest } = asMap(
    value,
    key,
  );
  onlyKeys(rest, [], key);
  if (disable === true) return [['no-healthcheck', true]];
  const durations = {
    interval,
    timeout,
    retries,
    'start-period': start_period,
    'start-interval': start_interval,
  };
  return [
    ...(test === undefined ? [] : [['health-cmd', healthCommand(test, `${key}.test`)] as const]),
    ...Object.entries(durations).flatMap(([name, each]) =>
      each === undefined ? [] : [[`health-${name}`, asText(each, `${key}.${name}`)] as const],
    ),
  ];
}

function healthCommand(test: unknown, key: string): string {
  if (!Array.isArray(test)) return asText(test, key);
  const [how, ...words] = asTexts(test, key);
  if (how === 'NONE') return 'none';
  if (how === 'CMD-SHELL' && words.length === 1) return words[0]!;
  if (how === 'CMD') return JSON.stringify(words);
  throw badKey(key, 'must begin with NONE, CMD or CMD-SHELL');
}

/** The networks of a service, as words of `--network`; its own name is known in each. */
export function networkOptions(name: string, service: Values, place: Place): RunOption[] {
  if (service.network_mode !== undefined) return [];
  const key = `${place.key}.networks`;
  const given = service.networks ?? { default: null };
  const entries = Array.isArray(given)
    ? asTexts(given, key).map((each) => [each, null] as const)
    : Object.entries(asMap(given, key));
  return entries.map(([network, settings]) => {
    const {
      aliases,
      ipv4_address: ip,
      ipv6_address: ip6,
      mac_address: mac,
      priority,
      ...rest
    } = asMap(settings, key);
    onlyKeys(rest, [], `${key}.${network}`);
    void priority; // the order of the interfaces is that of the file
    const words = [
      `alias=${name}`,
      ...asTexts(aliases ?? [], key).map((alias) => `alias=${alias}`),
      ...[ip, ip6].flatMap((address) => (address === undefined ? [] : [`ip=${asText(address, key)}`])),
      ...(mac === undefined ? [] : [`mac=${asText(mac, key)}`]),
    ];
    return ['network', `${place.network(network, key)}:${words.join(',')}`] as const;
  });
}
