/** `.volume`: a volume that is made when something needs it, `proa volume create`. */
import { readFileSync } from 'node:fs';
import { addCommand, type Conversion, imageOf, proa, runsOnce } from '../conversion.ts';
import { valueError } from '../problem.ts';
import { allWords, type Given, given, isOn, last, optionsOf, own, pairs, type RuleTable } from '../rules.ts';
import { rawResourceOf } from '../unit.ts';
import { isOpen } from '../values.ts';

export const VOLUME_RULES: RuleTable = {
  VolumeName: own(),
  Driver: last('--driver'),
  Copy: own('--opt'),
  Device: own(),
  Type: own(),
  Options: own(),
  User: own(),
  Group: own(),
  Image: own(),
  Label: pairs('--label'),
};

/** @throws QuadletError */
export function convertVolume(conversion: Conversion): void {
  const { unit } = conversion;
  const driver = given(unit, 'Driver');
  const options = driver?.text === 'image' ? imageDriver(conversion, driver) : localDriver(conversion);
  addCommand(conversion, 'ExecStart', [
    ...proa(conversion, 'volume', 'create', '--ignore'),
    ...optionsOf(unit, VOLUME_RULES),
    ...options.flatMap((option) => ['--opt', option]),
    ...allWords(unit, 'PodmanArgs'),
    rawResourceOf(unit),
  ]);
  runsOnce(conversion, true);
}

function imageDriver(conversion: Conversion, driver: Given): string[] {
  const image = given(conversion.unit, 'Image');
  if (image === undefined) throw valueError(driver, 'Image= must say which one');
  return [`image=${imageOf(conversion, image)}`];
}

/** What mount(8) is told: `device`, `type`, and words of `o`. */
function localDriver({ unit, service }: Conversion): string[] {
  const [device, type, mount] = [given(unit, 'Device'), given(unit, 'Type'), given(unit, 'Options')];
  for (const more of [type, mount])
    if (more !== undefined && device === undefined) throw valueError(more, 'says nothing without Device=');
  if (type?.text === 'bind' && device!.text.startsWith('/')) service.requireMounts(device!.text);
  const [user, group] = [given(unit, 'User'), given(unit, 'Group')];
  const words = [
    ...(user === undefined ? [] : [`uid=${idOf(user, '/etc/passwd')}`]),
    ...(group === undefined ? [] : [`gid=${idOf(group, '/etc/group')}`]),
    ...(mount === undefined ? [] : [mount.text]),
  ];
  return [
    ...(given(unit, 'Copy') === undefined ? [] : [isOn(unit, 'Copy') ? 'copy' : 'nocopy']),
    ...(device === undefined ? [] : [`device=${device.text}`]),
    ...(type === undefined ? [] : [`type=${type.text}`]),
    ...(words.length === 0 ? [] : [`o=${words.join(',')}`]),
  ];
}

/** A number, or a name of this machine; generators run before any directory service could be asked. */
function idOf(assignment: Given, file: string): string {
  if (/^\d+$/.test(assignment.text) || isOpen(assignment.text)) return assignment.text;
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${assignment.text}:`));
  if (line === undefined) throw valueError(assignment, `neither a number nor a name in ${file}`);
  return line.split(':')[2]!;
}
