/** The Quadlet files of a compose project: one for each service, network, volume and build, all with its name in front. */
import { type ContainerRequest, containerFile } from '../container-file.ts';
import type { ComposeProject } from './read.ts';
import { buildFile, networkFile, volumeFile } from './resources.ts';
import { networkOptions, type Place, runOptions } from './service.ts';
import { asMap, asText, asTexts, asWords, badKey, type Values } from './values.ts';

export interface QuadletText {
  name: string;
  text: string;
}

export interface ComposeQuadlets {
  files: QuadletText[];
  /** The services to start. */
  services: string[];
}

/** @throws ProaError BAD_COMPOSE_FILE naming the key that cannot be mapped */
export function quadletsOfCompose(project: ComposeProject, wantedBy: string): ComposeQuadlets {
  const files = new Map<string, string>();
  const names = Object.keys(project.services);
  const awaited = awaitedServices(project);
  const texts = names.map((name) => {
    const service = asMap(project.services[name], `services.${name}`);
    const place = placeOf(project, name, files);
    const request: ContainerRequest = {
      description: `${name} of ${project.name}`,
      name:
        service.container_name === undefined
          ? `${project.name}-${name}-1`
          : asText(service.container_name, place.key),
      image: imageOf(project, name, service, files),
      command:
        service.command === undefined || service.command === null
          ? []
          : asWords(service.command, `${place.key}.command`),
      options: [
        ['label', `com.docker.compose.project=${project.name}`],
        ['label', `com.docker.compose.service=${name}`],
        ...networkOptions(name, service, place),
        ...runOptions(service, place),
      ],
      after: dependencies(name, service, place).map(({ service: other, required }) => ({
        file: place.service(other, place.key),
        required,
      })),
      ...(awaited.healthy.has(name) ? { notify: 'healthy' } : {}),
      ...(awaited.done.has(name) ? { once: true } : {}),
      ...restartOf(service, `${place.key}.restart`, awaited.done.has(name)),
      wantedBy,
    };
    return { name: `${project.name}-${name}.container`, text: containerFile(request) };
  });
  return {
    files: [...Array.from(files, ([name, text]) => ({ name, text })), ...texts],
    services: names.map((name) => `${project.name}-${name}.service`),
  };
}

function placeOf(project: ComposeProject, name: string, files: Map<string, string>): Place {
  return {
    folder: project.folder,
    key: `services.${name}`,
    volume: (volume, key) => resource(project, 'volumes', volume, key, files),
    network: (network, key) => resource(project, 'networks', network, key, files),
    service: (other, key) => {
      if (!Object.hasOwn(project.services, other)) throw badKey(key, `there is no service ${other}`);
      return `${project.name}-${other}.container`;
    },
  };
}

/** The Quadlet file of a network or volume, or the name of one that is there already (`external`). */
function resource(
  project: ComposeProject,
  kind: 'networks' | 'volumes',
  name: string,
  key: string,
  files: Map<string, string>,
): string {
  const declared = project[kind];
  const isDefault = kind === 'networks' && name === 'default';
  if (!Object.hasOwn(declared, name) && !isDefault) throw badKey(key, `${kind}.${name} is missing`);
  const at = `${kind}.${name}`;
  const { external, ...settings } = asMap(declared[name], at);
  const own = settings.name === undefined ? undefined : asText(settings.name, `${at}.name`);
  if (external === true) return own ?? name;
  const file = `${project.name}-${name}.${kind.slice(0, -1)}`;
  const make = kind === 'networks' ? networkFile : volumeFile;
  files.set(file, make(settings, own ?? `${project.name}_${name}`, at));
  return file;
}

function imageOf(project: ComposeProject, name: string, service: Values, files: Map<string, string>): string {
  const key = `services.${name}`;
  const image = service.image === undefined ? undefined : asText(service.image, `${key}.image`);
  if (service.build === undefined || service.build === null) {
    if (image !== undefined) return image;
    throw badKey(key, 'has neither image nor build');
  }
  const file = `${project.name}-${name}.build`;
  const tag = image ?? `localhost/${project.name}-${name}`;
  files.set(file, buildFile(service.build, tag, project.folder, `${key}.build`));
  return file;
}

interface Dependency {
  service: string;
  condition: string;
  required: boolean;
}

function dependencies(name: string, service: Values, { key }: Pick<Place, 'key'>): Dependency[] {
  const given = service.depends_on;
  if (given === undefined || given === null) return [];
  const at = `${key}.depends_on`;
  if (Array.isArray(given)) {
    return asTexts(given, at).map((each) => ({
      service: each,
      condition: 'service_started',
      required: true,
    }));
  }
  return Object.entries(asMap(given, at)).map(([other, settings]) => {
    const { condition = 'service_started', required = true } = asMap(settings, at);
    if (other === name) throw badKey(at, `${name} cannot wait for itself`);
    return { service: other, condition: asText(condition, at), required: required !== false };
  });
}

/** Services of whom others want more than that they were started. */
function awaitedServices({ services }: ComposeProject): { healthy: Set<string>; done: Set<string> } {
  const healthy = new Set<string>();
  const done = new Set<string>();
  for (const [name, value] of Object.entries(services)) {
    const key = `services.${name}`;
    for (const { service, condition } of dependencies(name, asMap(value, key), { key })) {
      if (condition === 'service_healthy') healthy.add(service);
      else if (condition === 'service_completed_successfully') done.add(service);
      else if (condition !== 'service_started')
        throw badKey(`${key}.depends_on.${service}.condition`, `${condition}: no such condition`);
    }
  }
  return { healthy, done };
}

function restartOf(
  { restart }: Values,
  key: string,
  isOnce: boolean,
): Pick<ContainerRequest, 'restart' | 'restartLimit'> {
  if (restart === undefined || restart === null) return { restart: 'no' };
  const [name, limit] = asText(restart, key).split(':');
  switch (name) {
    case 'no':
    case 'false':
      return { restart: 'no' };
    case 'always':
    case 'unless-stopped':
      // systemd restarts no service that is over when it has succeeded (Type=oneshot).
      return { restart: isOnce ? 'on-failure' : 'always' };
    case 'on-failure':
      return { restart: 'on-failure', restartLimit: limit === undefined ? undefined : Number(limit) };
    default:
      throw badKey(key, `${name}: no such policy`);
  }
}
