/** Quadlet files in, services out: text to text. What is wrong with one of them leaves the others alone. */
import { messageOf } from '../../core/error.ts';
import { hasSection } from '../unit-file/unit-file.ts';
import { isUnitPrefix } from '../unit-file/unit-name.ts';
import { joinWords, literalText, splitWords } from '../unit-file/words.ts';
import { unitFileText } from '../unit-file/write.ts';
import type { Conversion } from './conversion.ts';
import { hasDefaultDependencies } from './conversion.ts';
import { BUILD_RULES, convertBuild } from './convert/build.ts';
import { convertContainer } from './convert/container.ts';
import { CONTAINER_RULES } from './convert/container-rules.ts';
import { convertImage, IMAGE_RULES } from './convert/image.ts';
import { convertKube, KUBE_RULES } from './convert/kube.ts';
import { convertNetwork, NETWORK_RULES } from './convert/network.ts';
import { convertPod, POD_RULES } from './convert/pod.ts';
import { convertVolume, VOLUME_RULES } from './convert/volume.ts';
import { installLinks, type Link } from './install-links.ts';
import { COMMON_SECTION, KIND, type Kind, kindOf } from './kinds.ts';
import { loadUnits } from './load.ts';
import { type Problem, QuadletError } from './problem.ts';
import { type RuleTable, unknownKeys } from './rules.ts';
import { Service } from './service.ts';
import { type QuadletUnit, serviceOf } from './unit.ts';

export interface GeneratedUnit {
  unit: QuadletUnit;
  /** `foo.service` */
  name: string;
  text: string;
  links: Link[];
}

export interface Generated {
  services: GeneratedUnit[];
  problems: Problem[];
  units: ReadonlyMap<string, QuadletUnit>;
}

export interface GenerateRequest {
  /** Each once, the most important first. */
  folders: readonly string[];
  /** For `systemctl --user`. */
  user: boolean;
  /** How Proa is called in the services. */
  program: readonly string[];
}

/** The keys of each kind, and what becomes of them. */
export const CONVERTERS: Readonly<
  Record<Kind, { rules: RuleTable; convert: (conversion: Conversion) => void }>
> = {
  container: { rules: CONTAINER_RULES, convert: convertContainer },
  pod: { rules: POD_RULES, convert: convertPod },
  kube: { rules: KUBE_RULES, convert: convertKube },
  network: { rules: NETWORK_RULES, convert: convertNetwork },
  volume: { rules: VOLUME_RULES, convert: convertVolume },
  build: { rules: BUILD_RULES, convert: convertBuild },
  image: { rules: IMAGE_RULES, convert: convertImage },
};

export function generateServices(request: GenerateRequest): Generated {
  const problems: Problem[] = [];
  const units = loadUnits(request.folders, problems);
  const services: GeneratedUnit[] = [];
  const makers = new Map<string, QuadletUnit>();
  for (const unit of units.values()) {
    try {
      const before = problems.length;
      problems.push(...unknownKeys(unit, CONVERTERS[unit.kind].rules).map(({ problem }) => problem));
      problems.push(...unknownSections(unit));
      const service = makeService(unit, units, request);
      const maker = makers.get(service.name);
      if (maker !== undefined)
        throw new QuadletError({ file: unit.path }, `${service.name} is made of ${maker.path} already`);
      if (problems.slice(before).some(({ severity }) => severity === 'error')) continue;
      makers.set(service.name, unit);
      services.push(service);
    } catch (error) {
      if (error instanceof QuadletError) problems.push(error.problem);
      else problems.push({ file: unit.path, message: messageOf(error), severity: 'error' });
    }
  }
  return { services, problems, units };
}

/** @throws QuadletError */
function makeService(
  unit: QuadletUnit,
  units: ReadonlyMap<string, QuadletUnit>,
  { user, program }: GenerateRequest,
): GeneratedUnit {
  const { section } = KIND[unit.kind];
  const name = serviceOf(unit);
  if (!isUnitPrefix(name)) {
    throw new QuadletError({ file: unit.path }, `${name}.service is no valid name of a unit`);
  }
  if (!hasSection(unit.content, section))
    throw new QuadletError({ file: unit.path }, `there is no section [${section}]`);
  const service = new Service(unit.content, unit.path, [section, COMMON_SECTION]);
  translateDependencies(service, units);
  if (hasDefaultDependencies(unit)) {
    const network = user ? USER_NETWORK : 'network-online.target';
    service.addFirst('Unit', 'After', network);
    service.addFirst('Unit', 'Wants', network);
  }
  service.add('Unit', 'SourcePath', literalText(unit.path));
  // What is to be there before: for root where images and containers are; a user's home is, when systemd --user runs.
  service.requireMounts('%t/proa');
  if (!user) service.requireMounts('/var/lib/proa');
  CONVERTERS[unit.kind].convert({ unit, service, units, program });
  const comment = [`Made by proa of ${unit.path}: what is changed here is lost at the next daemon-reload.`];
  return {
    unit,
    name: `${name}.service`,
    text: unitFileText(service.content, comment),
    links: installLinks(unit, name),
  };
}

/** A user's systemd does not know the system's units, so a service of the user's waits for this one (scripts/install). */
const USER_NETWORK = 'proa-user-wait-network-online.service';

/** Keys of [Unit] that name other units, and so may name Quadlet files. */
const DEPENDENCIES = [
  ...['After', 'Before', 'BindsTo', 'Conflicts', 'OnFailure', 'OnSuccess', 'PartOf', 'PropagatesReloadTo'],
  ...['PropagatesStopTo', 'ReloadPropagatedFrom', 'Requires', 'Requisite', 'StopPropagatedFrom', 'Upholds'],
  ...['Wants'],
];

/** Names of Quadlet files become those of their services. @throws QuadletError when a file is not there */
function translateDependencies(service: Service, units: ReadonlyMap<string, QuadletUnit>): void {
  for (const section of service.content) {
    if (section.name !== 'Unit') continue;
    section.assignments = section.assignments.map((assignment) => {
      if (!DEPENDENCIES.includes(assignment.key)) return assignment;
      const names = splitWords(assignment.value) ?? [];
      if (!names.some(kindOf)) return assignment;
      const translated = names.map((name) => {
        if (kindOf(name) === undefined) return name;
        const unit = units.get(name);
        if (unit !== undefined) return `${serviceOf(unit)}.service`;
        throw new QuadletError(
          assignment,
          `${assignment.key}=${assignment.value}: there is no Quadlet file ${name}`,
        );
      });
      return { ...assignment, value: joinWords(translated) };
    });
  }
}

/** systemd passes over them without a word, and a section that is misspelled says nothing. */
function unknownSections(unit: QuadletUnit): Problem[] {
  const known = ['Unit', 'Service', 'Install', COMMON_SECTION, KIND[unit.kind].section];
  return unit.content
    .filter(({ name }) => !known.includes(name) && !name.startsWith('X-'))
    .map(({ name, file, line }) => ({
      file,
      line,
      message: `[${name}]: a .${unit.kind} file has no such section`,
      severity: 'warning',
      unknown: { word: name, known },
    }));
}
