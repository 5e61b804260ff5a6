/** `.pod`: a service that is a pod, `proa pod create` and its containers' own services. */
import {
  addCommand,
  type Conversion,
  networkOptions,
  proa,
  remapOptions,
  volumeOptions,
} from '../conversion.ts';
import { valueError } from '../problem.ts';
import {
  allGiven,
  allWords,
  each,
  given,
  last,
  optionsOf,
  own,
  pairs,
  type RuleTable,
  words,
} from '../rules.ts';
import { type QuadletUnit, rawResourceOf, serviceOf } from '../unit.ts';
import * as value from '../values.ts';

export const POD_RULES: RuleTable = {
  PodName: own('--name'),
  ExitPolicy: own('--exit-policy'),
  StopTimeout: own(),
  UserNS: last('--userns'),
  UIDMap: words('--uidmap'),
  GIDMap: words('--gidmap'),
  SubUIDMap: last('--subuidname'),
  SubGIDMap: last('--subgidname'),
  RemapUsers: own(),
  RemapUid: own(),
  RemapGid: own(),
  RemapUidSize: own(),
  PublishPort: each('--publish', value.ports),
  Label: pairs('--label'),
  Network: own('--network'),
  IP: last('--ip', value.ipv4),
  IP6: last('--ip6', value.ipv6),
  ShmSize: last('--shm-size', value.size),
  NetworkAlias: each('--network-alias'),
  DNS: each('--dns'),
  DNSOption: each('--dns-option'),
  DNSSearch: each('--dns-search'),
  AddHost: each('--add-host', value.hostLine),
  HostName: each('--hostname'),
  Volume: own('--volume'),
};

/** @throws QuadletError */
export function convertPod(conversion: Conversion): void {
  const { unit, service } = conversion;
  const name = rawResourceOf(unit);
  for (const member of membersOf(conversion)) {
    service.add('Unit', 'Wants', `${serviceOf(member)}.service`);
    service.add('Unit', 'Before', `${serviceOf(member)}.service`);
  }
  service.addDefault('Service', 'SyslogIdentifier', '%N');
  addCommand(conversion, 'ExecStartPre', [
    ...proa(conversion, 'pod', 'create', '--infra-conmon-pidfile=%t/%N.pid', '--replace'),
    ...['--exit-policy', choice(unit, 'ExitPolicy', value.oneOf('stop', 'continue')) ?? 'stop'],
    ...optionsOf(unit, POD_RULES),
    ...remapOptions(conversion, true),
    ...networkOptions(conversion, allGiven(unit, 'Network')),
    ...volumeOptions(conversion, allGiven(unit, 'Volume')),
    ...['--infra-name', `${name}-infra`, '--name', name],
    ...allWords(unit, 'PodmanArgs'),
  ]);
  addCommand(conversion, 'ExecStart', proa(conversion, 'pod', 'start', name));
  const seconds = choice(unit, 'StopTimeout', value.count) ?? '10';
  addCommand(conversion, 'ExecStop', proa(conversion, 'pod', 'stop', '--ignore', `--time=${seconds}`, name));
  addCommand(conversion, 'ExecStopPost', proa(conversion, 'pod', 'rm', '--ignore', '--force', name));
  service.add('Service', 'Environment', 'PODMAN_SYSTEMD_UNIT=%n');
  service.add('Service', 'Type', 'forking');
  service.addDefault('Service', 'Restart', 'on-failure');
  service.add('Service', 'PIDFile', '%t/%N.pid');
}

/** The containers that are started with the pod. */
function membersOf({ unit, units }: Conversion): QuadletUnit[] {
  return [...units.values()].filter(
    (other) =>
      other.kind === 'container' &&
      given(other, 'Pod')?.text === unit.name &&
      value.parseBoolean(given(other, 'StartWithPod')?.text ?? 'yes') !== false,
  );
}

function choice(unit: QuadletUnit, key: string, check: value.Check): string | undefined {
  const found = given(unit, key);
  const why = found && check(found.text);
  if (found !== undefined && why !== undefined) throw valueError(found, why);
  return found?.text;
}
