/** `.container`: a service that is a container, `proa run`. */
import { existsSync } from 'node:fs';
import {
  addCommand,
  besideFile,
  type Conversion,
  checkKillMode,
  imageOf,
  needs,
  networkOptions,
  notifies,
  proa,
  remapOptions,
  serviceType,
  storageSource,
  volumeOptions,
} from '../conversion.ts';
import { QuadletError, valueError } from '../problem.ts';
import { allGiven, allWords, booleanOf, type Given, given, isOn, optionsOf, wordsIn } from '../rules.ts';
import { rawResourceOf } from '../unit.ts';
import * as value from '../values.ts';
import { CONTAINER_RULES } from './container-rules.ts';

/** The label that auto-update reads. */
const AUTO_UPDATE = 'io.containers.autoupdate';

/**
 * conmon tells by 128 and the signal's number what ended the container; for processes of its own systemd takes an end by
 * SIGHUP, SIGINT, SIGPIPE or SIGTERM for a good one (systemd.service(5), SuccessExitStatus=).
 */
const ENDED_BY_SIGNAL = '129 130 141 143';

/** @throws QuadletError */
export function convertContainer(conversion: Conversion): void {
  const { unit, service } = conversion;
  const name = rawResourceOf(unit);
  const type = serviceType(conversion);
  checkKillMode(conversion);
  const source = sourceOf(conversion);

  service.add('Service', 'Environment', 'PODMAN_SYSTEMD_UNIT=%n');
  // The container is our runtime's to divide further.
  service.add('Service', 'Delegate', 'yes');
  service.addDefault('Service', 'SyslogIdentifier', '%N');
  service.addFirst('Service', 'SuccessExitStatus', ENDED_BY_SIGNAL);
  if (type === 'notify') notifies(conversion);

  // As gently as the container wants it; rm would kill.
  addCommand(conversion, 'ExecStop', proa(conversion, 'stop', '-i', name));
  // It is gone by then, unless conmon was killed: then ExecStop is not run.
  addCommand(conversion, 'ExecStopPost', proa(conversion, 'rm', '-v', '-f', '-i', name), true);
  addReload(conversion, name);

  const cgroups = given(unit, 'CgroupsMode')?.text ?? 'split';
  addCommand(conversion, 'ExecStart', [
    ...proa(conversion, 'run', '--name', name, '--replace', '--rm', `--cgroups=${cgroups}`),
    // Of the two only one stays: conmon, whom systemd then knows as the main process.
    ...(type === 'notify' ? [`--sdnotify=${notifier(conversion)}`, '-d'] : []),
    ...optionsOf(unit, CONTAINER_RULES),
    ...networkOptions(conversion, allGiven(unit, 'Network')),
    ...securityOptions(conversion),
    ...deviceOptions(conversion),
    ...userOptions(conversion),
    ...remapOptions(conversion, true),
    ...(isOn(unit, 'VolatileTmp') && !isOn(unit, 'ReadOnly')
      ? ['--tmpfs', '/tmp:rw,size=512M,mode=1777']
      : []),
    ...volumeOptions(conversion, allGiven(unit, 'Volume')),
    ...mountOptions(conversion),
    ...environmentFiles(conversion),
    ...autoUpdate(conversion),
    ...podOptions(conversion),
    ...allWords(unit, 'PodmanArgs'),
    ...source,
    ...lastWords(conversion, 'Exec'),
  ]);
}

/** The image, or the folder that stands for one. */
function sourceOf(conversion: Conversion): string[] {
  const { unit } = conversion;
  const [image, rootfs] = [given(unit, 'Image'), given(unit, 'Rootfs')];
  if (image !== undefined && rootfs !== undefined)
    throw valueError(rootfs, 'cannot stand beside Image=: the container has one root file system');
  if (image !== undefined) return [imageOf(conversion, image)];
  if (rootfs === undefined)
    throw new QuadletError({ file: unit.path }, '[Container] has no Image= and no Rootfs=');
  if (rootfs.text.startsWith('/')) conversion.service.requireMounts(rootfs.text.split(':')[0]!);
  return ['--rootfs', rootfs.text];
}

function notifier({ unit }: Conversion): string {
  const notify = given(unit, 'Notify');
  if (notify === undefined) return 'conmon';
  if (/^healthy$/i.test(notify.text)) return 'healthy';
  if (value.parseBoolean(notify.text) === undefined) throw valueError(notify, 'must be yes, no or healthy');
  return booleanOf(notify) ? 'container' : 'conmon';
}

function addReload(conversion: Conversion, name: string): void {
  const { unit } = conversion;
  const command = lastWords(conversion, 'ReloadCmd');
  const signal = given(unit, 'ReloadSignal');
  if (command.length > 0 && signal !== undefined)
    throw valueError(signal, 'cannot stand beside ReloadCmd=: systemctl reload does one of both');
  if (command.length > 0) addCommand(conversion, 'ExecReload', proa(conversion, 'exec', name, ...command));
  if (signal !== undefined)
    addCommand(conversion, 'ExecReload', proa(conversion, 'kill', '--signal', signal.text, name));
}

/** The words of the assignment that counts. */
function lastWords({ unit }: Conversion, key: string): string[] {
  const found = given(unit, key);
  return found === undefined ? [] : wordsIn(found);
}

function securityOptions({ unit }: Conversion): string[] {
  const labels: [key: string, text: string][] = [
    ['SecurityLabelType', 'label=type:'],
    ['SecurityLabelFileType', 'label=filetype:'],
    ['SecurityLabelLevel', 'label=level:'],
    ['SeccompProfile', 'seccomp='],
    ['AppArmor', 'apparmor='],
  ];
  const options = [
    ...(isOn(unit, 'NoNewPrivileges') ? ['no-new-privileges'] : []),
    ...(isOn(unit, 'SecurityLabelDisable') ? ['label=disable'] : []),
    ...(isOn(unit, 'SecurityLabelNested') ? ['label=nested'] : []),
    ...labels.flatMap(([key, text]) => {
      const found = given(unit, key);
      return found === undefined ? [] : [`${text}${found.text}`];
    }),
    ...allWords(unit, 'Mask').map((paths) => `mask=${paths}`),
    ...allWords(unit, 'Unmask').map((paths) => `unmask=${paths}`),
  ];
  return options.flatMap((option) => ['--security-opt', option]);
}

/** One with a `-` in front is left out where the machine has none. */
function deviceOptions({ unit }: Conversion): string[] {
  return allWords(unit, 'AddDevice').flatMap((word) => {
    const device = word.replace(/^-/, '');
    return word !== device && !existsSync(device.split(':')[0]!) ? [] : ['--device', device];
  });
}

function userOptions({ unit }: Conversion): string[] {
  const [user, group] = [given(unit, 'User'), given(unit, 'Group')];
  if (group !== undefined && user === undefined)
    throw valueError(group, 'a group is given with a user only: User= is missing');
  if (user === undefined) return [];
  return ['--user', group === undefined ? user.text : `${user.text}:${group.text}`];
}

/** `type=…,source=…`: where the source may be a Quadlet file, or a path beside this one. */
function mountOptions(conversion: Conversion): string[] {
  return allGiven(conversion.unit, 'Mount').flatMap((assignment) =>
    wordsIn(assignment).flatMap((mount) => ['--mount', mountText(conversion, assignment, mount)]),
  );
}

function mountText(conversion: Conversion, assignment: Given, mount: string): string {
  const parts = mount.split(',');
  const type = parts.find((part) => part.startsWith('type='))?.slice('type='.length) ?? 'volume';
  if (!['volume', 'bind', 'glob', 'image'].includes(type)) return mount;
  return parts
    .map((part) => {
      const [, key, source] = /^(source|src)=(.*)$/s.exec(part) ?? [];
      if (key === undefined) return part;
      if (source === '') throw valueError(assignment, `${key}= is empty`);
      return `${key}=${storageSource(conversion, assignment, source!, true)}`;
    })
    .join(',');
}

function environmentFiles({ unit }: Conversion): string[] {
  return allWords(unit, 'EnvironmentFile').flatMap((path) => ['--env-file', besideFile(unit, path)]);
}

function autoUpdate({ unit }: Conversion): string[] {
  const update = given(unit, 'AutoUpdate');
  if (update === undefined) return [];
  const why = value.oneOf('registry', 'local')(update.text);
  if (why !== undefined) throw valueError(update, why);
  return ['--label', `${AUTO_UPDATE}=${update.text}`];
}

function podOptions(conversion: Conversion): string[] {
  const pod = given(conversion.unit, 'Pod');
  if (pod === undefined) return [];
  if (!pod.text.endsWith('.pod')) throw valueError(pod, 'must be the name of a .pod file');
  return ['--pod', needs(conversion, pod, pod.text, 'BindsTo').resource];
}
