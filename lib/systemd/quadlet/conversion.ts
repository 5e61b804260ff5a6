/** What a converter works with: the file, the service that becomes of it, and all other Quadlet files. */
import { dirname, join, normalize } from 'node:path/posix';
import type { Assignment } from '../unit-file/unit-file.ts';
import { joinWords, literalText } from '../unit-file/words.ts';
import { kindOf } from './kinds.ts';
import { valueError } from './problem.ts';
import { allWords, booleanOf, type Given, given } from './rules.ts';
import type { Service } from './service.ts';
import { type QuadletUnit, resourceOf, serviceOf } from './unit.ts';

export interface Conversion {
  unit: QuadletUnit;
  service: Service;
  /** Every Quadlet file by its name. */
  units: ReadonlyMap<string, QuadletUnit>;
  /** How Proa is called. */
  program: readonly string[];
}

/** The beginning of every command line: Proa with the file's own global options. */
export function proa({ program, unit }: Conversion, ...words: string[]): string[] {
  return [...program, ...allWords(unit, 'GlobalArgs'), ...words];
}

/** A command line of the service. @param optional its failure is none */
export function addCommand(
  { service }: Conversion,
  key: string,
  words: readonly string[],
  optional = false,
): void {
  service.add('Service', key, `${optional ? '-' : ''}${joinWords(words)}`);
}

/** For services that run once and are over. */
export function runsOnce({ service }: Conversion, remains: boolean): void {
  service.addDefault('Service', 'SyslogIdentifier', '%N');
  service.addDefault('Service', 'Type', 'oneshot');
  if (remains) service.addDefault('Service', 'RemainAfterExit', 'yes');
}

/** Containers end by conmon's doing, so systemd must leave the other processes alone at first. @throws QuadletError */
export function checkKillMode({ service, unit }: Conversion): void {
  const mode = service.value('Service', 'KillMode');
  if (mode === undefined) service.add('Service', 'KillMode', 'mixed');
  else if (mode !== 'mixed' && mode !== 'control-group') {
    throw valueError(
      assignmentOf(unit, 'KillMode'),
      'must be mixed or control-group, as systemd would leave processes of the container behind otherwise',
    );
  }
}

/** `notify` or `oneshot`. @throws QuadletError */
export function serviceType({ service, unit }: Conversion): 'notify' | 'oneshot' {
  const type = service.value('Service', 'Type') ?? 'notify';
  if (type === 'notify' || type === 'oneshot') return type;
  throw valueError(assignmentOf(unit, 'Type'), 'must be notify or oneshot');
}

/** systemd is told when the service is up, by whomever. */
export function notifies({ service }: Conversion): void {
  service.addDefault('Service', 'Type', 'notify');
  service.addDefault('Service', 'NotifyAccess', 'all');
}

function assignmentOf(unit: QuadletUnit, key: string): Assignment {
  return unit.content
    .filter(({ name }) => name === 'Service')
    .flatMap(({ assignments }) => assignments)
    .findLast((assignment) => assignment.key === key)!;
}

/** Another Quadlet file that a value names; its service comes first. @throws QuadletError when it is not there */
export function needs(
  { units, service }: Conversion,
  assignment: Assignment,
  name: string,
  how: 'Requires' | 'BindsTo' = 'Requires',
): { resource: string; unit: QuadletUnit } {
  const unit = units.get(name);
  if (unit === undefined) throw valueError(assignment, `there is no Quadlet file ${name}`);
  const resource = resourceOf(unit);
  if (resource === undefined || resource === '')
    throw valueError(assignment, `${unit.path} does not say by what name its ${unit.kind} is known`);
  service.require(`${serviceOf(unit)}.service`, how);
  return { resource, unit };
}

/** An image, or what the .image or .build file of that name gives. */
export function imageOf(conversion: Conversion, assignment: Given, name = assignment.text): string {
  const kind = kindOf(name);
  return kind === 'image' || kind === 'build' ? needs(conversion, assignment, name).resource : name;
}

/** The words of `Network=`, each with its options behind a colon. */
export function networkOptions(conversion: Conversion, assignments: readonly Given[]): string[] {
  return assignments.flatMap((assignment) => {
    const colon = `${assignment.text}:`.indexOf(':');
    const [name, options] = [assignment.text.slice(0, colon), assignment.text.slice(colon)];
    const kind = kindOf(name);
    if (kind === 'network') return ['--network', `${needs(conversion, assignment, name).resource}${options}`];
    if (kind !== 'container') return ['--network', assignment.text];
    if (options !== '')
      throw valueError(assignment, "another container's network is joined as it is: without options");
    return ['--network', `container:${needs(conversion, assignment, name).resource}`];
  });
}

/** The words of `Volume=`. */
export function volumeOptions(conversion: Conversion, assignments: readonly Given[]): string[] {
  return assignments.flatMap((assignment) => {
    const [source, ...rest] = assignment.text.split(':');
    if (rest.length === 0) return ['-v', assignment.text];
    return ['-v', [storageSource(conversion, assignment, source!), ...rest].join(':')];
  });
}

/** What is mounted: a folder, a volume of a .volume file, or the image of an .image or .build file. */
export function storageSource(
  conversion: Conversion,
  assignment: Given,
  source: string,
  images = false,
): string {
  const path = source.startsWith('.') ? besideFile(conversion.unit, source) : source;
  if (path.startsWith('/')) conversion.service.requireMounts(path);
  const kind = kindOf(path);
  if (kind === 'volume') return needs(conversion, assignment, path).resource;
  return images && !path.startsWith('/') ? imageOf(conversion, assignment, path) : path;
}

/** A path counts from the file's folder, unless it begins with a specifier of systemd's, which may be absolute. */
export function besideFile(unit: QuadletUnit, path: string): string {
  if (path.startsWith('/') || /^%[^%]/.test(path)) return path;
  return normalize(join(folderOf(unit), path));
}

/** The folder of the file, as systemd is to read it. */
export function folderOf(unit: QuadletUnit): string {
  return literalText(dirname(unit.path));
}

/** Whether the unit waits for the network as all of its kind. */
export function hasDefaultDependencies(unit: QuadletUnit): boolean {
  const found = unit.content
    .filter(({ name }) => name === 'Quadlet')
    .flatMap(({ assignments }) => assignments)
    .findLast(({ key }) => key === 'DefaultDependencies');
  return found === undefined || found.value === '' || booleanOf(found);
}

/** User namespaces by the keys of today; those of before are {@link remapOptions}. */
const MAPPING_KEYS: readonly string[] = ['UserNS', 'UIDMap', 'GIDMap', 'SubUIDMap', 'SubGIDMap'];

/** `RemapUsers=` and its kin, which Podman's older versions have in the place of `UserNS=`. @throws QuadletError */
export function remapOptions({ unit }: Conversion, manual: boolean): string[] {
  const mode = given(unit, 'RemapUsers');
  const uids = allWords(unit, 'RemapUid');
  const gids = allWords(unit, 'RemapGid');
  const first = mode ?? given(unit, 'RemapUid') ?? given(unit, 'RemapGid');
  if (first === undefined) return [];
  if (MAPPING_KEYS.some((key) => given(unit, key) !== undefined))
    throw valueError(first, 'cannot stand beside UserNS=, UIDMap= and their kin, which replace it');
  const userns = (name: string, options: readonly string[]) => [
    '--userns',
    options.length === 0 ? name : `${name}:${options.join(',')}`,
  ];
  const each = (option: string, values: readonly string[]) => values.map((value) => `${option}=${value}`);
  switch (mode?.text) {
    case undefined:
      throw valueError(first, 'says nothing without RemapUsers=');
    case 'auto': {
      const size = given(unit, 'RemapUidSize');
      return userns('auto', [
        ...each('uidmapping', uids),
        ...each('gidmapping', gids),
        ...(size === undefined ? [] : [`size=${size.text}`]),
      ]);
    }
    case 'keep-id':
      if (uids.length > 1 || gids.length > 1) throw valueError(first, 'takes one RemapUid= and RemapGid=');
      return userns('keep-id', [...each('uid', uids), ...each('gid', gids)]);
    case 'manual':
      if (!manual) throw valueError(first, 'must be auto or keep-id in this section');
      return [...uids.flatMap((map) => ['--uidmap', map]), ...gids.flatMap((map) => ['--gidmap', map])];
    default:
      throw valueError(first, 'must be auto, keep-id or manual');
  }
}
