/** A Quadlet file that was read, with its drop-ins, and what others need to know of it. */

import { all, last, type UnitFile } from '../unit-file/unit-file.ts';
import { splitInstance } from '../unit-file/unit-name.ts';
import { unquote } from '../unit-file/words.ts';
import { KIND, type Kind, stemOf } from './kinds.ts';

export interface QuadletUnit {
  /** `foo.container` */
  name: string;
  kind: Kind;
  /** Where it was found: relative paths in it count from its folder. */
  path: string;
  content: UnitFile;
}

/** The service that is made of it, without `.service`. */
export function serviceOf(unit: QuadletUnit): string {
  const { section, suffix } = KIND[unit.kind];
  const given = text(unit, section, 'ServiceName');
  if (given !== undefined) return given;
  const { base, instance } = splitInstance(stemOf(unit.name));
  return instance === undefined ? `${base}${suffix}` : `${base}${suffix}@${instance}`;
}

/**
 * What the service makes, by the name that other units use: `systemd-foo`, or as the file says.
 * @returns undefined when only systemd can know the name, as it has specifiers in it
 */
export function resourceOf(unit: QuadletUnit): string | undefined {
  const name = rawResourceOf(unit).replaceAll('%N', serviceOf(unit));
  return name.includes('%') && unit.kind === 'container' ? undefined : name;
}

/** The same as it stands in the unit's own service, where systemd fills in specifiers. */
export function rawResourceOf(unit: QuadletUnit): string {
  const stem = stemOf(unit.name);
  switch (unit.kind) {
    case 'container': {
      const own = stem.includes('@') ? 'systemd-%p_%i' : 'systemd-%N';
      return text(unit, 'Container', 'ContainerName') ?? own;
    }
    case 'pod':
      return text(unit, 'Pod', 'PodName') ?? `systemd-${stem}`;
    case 'network':
      return text(unit, 'Network', 'NetworkName') ?? `systemd-${stem}`;
    case 'volume':
      return text(unit, 'Volume', 'VolumeName') ?? `systemd-${stem}`;
    case 'image':
      return text(unit, 'Image', 'ImageTag') ?? text(unit, 'Image', 'Image') ?? '';
    case 'build':
      return unquote(all(unit.content, 'Build', 'ImageTag')[0]?.value ?? '');
    case 'kube':
      return stem;
  }
}

function text(unit: QuadletUnit, section: string, key: string): string | undefined {
  const given = last(unit.content, section, key);
  return given && unquote(given.value);
}
