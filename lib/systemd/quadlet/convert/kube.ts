/** `.kube`: a service that is what a Kubernetes YAML file describes, `proa kube play`. */
import { dirname } from 'node:path/posix';
import {
  addCommand,
  besideFile,
  type Conversion,
  checkKillMode,
  folderOf,
  networkOptions,
  notifies,
  proa,
  remapOptions,
  serviceType,
} from '../conversion.ts';
import { QuadletError, valueError } from '../problem.ts';
import {
  allGiven,
  allWords,
  booleanOf,
  each,
  given,
  last,
  optionsOf,
  own,
  type RuleTable,
  words,
} from '../rules.ts';
import * as value from '../values.ts';

export const KUBE_RULES: RuleTable = {
  Yaml: own(),
  ExitCodePropagation: last('--service-exit-code-propagation=', value.oneOf('all', 'any', 'none')),
  LogDriver: last('--log-driver'),
  LogOpt: words('--log-opt', value.pair),
  UserNS: last('--userns'),
  RemapUsers: own(),
  RemapUid: own(),
  RemapGid: own(),
  RemapUidSize: own(),
  Network: own('--network'),
  AutoUpdate: own('--annotation'),
  ConfigMap: own('--configmap'),
  PublishPort: each('--publish', value.ports),
  KubeDownForce: own(),
  SetWorkingDirectory: own(),
};

/** @throws QuadletError */
export function convertKube(conversion: Conversion): void {
  const { unit, service } = conversion;
  const yaml = given(unit, 'Yaml');
  if (yaml === undefined) throw new QuadletError({ file: unit.path }, '[Kube] has no Yaml=');
  const path = besideFile(unit, yaml.text);
  checkKillMode(conversion);
  service.add('Service', 'Environment', 'PODMAN_SYSTEMD_UNIT=%n');
  service.addDefault('Service', 'SyslogIdentifier', '%N');
  if (serviceType(conversion) === 'notify') notifies(conversion);
  addCommand(conversion, 'ExecStart', [
    ...proa(conversion, 'kube', 'play', '--replace', '--service-container=true'),
    ...optionsOf(unit, KUBE_RULES),
    ...remapOptions(conversion, false),
    ...networkOptions(conversion, allGiven(unit, 'Network')),
    ...allWords(unit, 'AutoUpdate').map(updateAnnotation(conversion)),
    ...allWords(unit, 'ConfigMap').flatMap((map) => ['--configmap', besideFile(unit, map)]),
    ...allWords(unit, 'PodmanArgs'),
    path,
  ]);
  const force = given(unit, 'KubeDownForce');
  addCommand(conversion, 'ExecStopPost', [
    ...proa(conversion, 'kube', 'down'),
    ...(force === undefined ? [] : [booleanOf(force) ? '--force' : '--force=false']),
    path,
  ]);
  setWorkingDirectory(conversion, path);
}

/** `registry`, `local`, or one of both for one container: `NAME/registry`. */
const updateAnnotation =
  ({ unit }: Conversion) =>
  (update: string): string => {
    const [policy, ...name] = update.split('/').reverse();
    const why = value.oneOf('registry', 'local')(policy!);
    if (why !== undefined) throw valueError(given(unit, 'AutoUpdate')!, why);
    const label = ['io.containers.autoupdate', ...name.reverse()].join('/');
    return `--annotation=${label}=${policy}`;
  };

function setWorkingDirectory({ unit, service }: Conversion, yaml: string): void {
  const place = given(unit, 'SetWorkingDirectory');
  if (place === undefined) return;
  if (!/^(yaml|unit)$/i.test(place.text)) throw valueError(place, 'must be yaml or unit');
  const folder = /^yaml$/i.test(place.text) ? dirname(yaml) : folderOf(unit);
  service.addDefault('Service', 'WorkingDirectory', folder);
}
