/** `generate systemd`: from a container's record and what is asked for to the service's file. */
import { ProaError } from '../../core/error.ts';
import type { Engine } from '../../engine/engine.ts';
import { bundlePath, type ContainerConfig, readContainer } from '../../storage/containers.ts';
import { defaultPlaces } from '../../storage/store.ts';
import { isUnitPrefix } from '../unit-file/unit-name.ts';
import { type CreateCommand, newContainerStart } from './new-container.ts';
import { type ServiceRequest, type StartExisting, type StartNew, serviceText } from './service.ts';

/** systemd.service(5), "Restart=". */
export const RESTART_POLICIES = [
  'no',
  'on-success',
  'on-failure',
  'on-abnormal',
  'on-watchdog',
  'on-abort',
  'always',
] as const;

export interface GenerateRequest
  extends Pick<ServiceRequest, 'after' | 'wants' | 'requires' | 'environment' | 'startTimeout'> {
  /** The container's name instead of its id. */
  byName: boolean;
  prefix: string;
  separator: string;
  template: boolean;
  /** With `--new`: how the container was made. */
  create?: CreateCommand | undefined;
  program: readonly string[];
  restartPolicy?: string | undefined;
  restartSeconds?: number | undefined;
  /** Seconds; left out, the container's own. */
  stopTimeout?: number | undefined;
  /** Lines of a header below the unit's name. */
  comments: readonly string[];
}

export interface GeneratedUnit {
  /** `container-web.service` */
  file: string;
  text: string;
  warnings: string[];
}

/** @throws ProaError CONTAINER_NOT_FOUND, INVALID_UNIT_NAME, NOT_CREATED_BY_RUN */
export function generateUnit(engine: Engine, id: string, request: GenerateRequest): GeneratedUnit {
  const config = readContainer(engine.store, id)?.config;
  if (config === undefined)
    throw new ProaError('CONTAINER_NOT_FOUND', `generate a unit for ${id.slice(0, 12)}: no such container`);
  const unit = [request.prefix, request.byName ? config.name : id].filter(Boolean).join(request.separator);
  if (!isUnitPrefix(unit)) {
    throw new ProaError('INVALID_UNIT_NAME', `generate unit ${unit}.service: no name that systemd takes`, {
      hint: 'Letters, digits and :-_. make a name: choose --container-prefix and --separator',
    });
  }
  for (const name of [...request.after, ...request.wants, ...request.requires]) checkDependency(name);
  const start =
    request.create === undefined ? existing(engine, config, request) : anew(config, unit, request);
  const text = serviceText(
    {
      ...request,
      unit,
      restart: restartOf(config, request),
      stopTimeout: request.stopTimeout ?? config.stopTimeout,
      mounts: mountsOf(engine, start),
      start,
    },
    request.comments,
  );
  return {
    file: `${unit}${request.template ? '@' : ''}.service`,
    text,
    warnings: warningsOf(config, request),
  };
}

function existing(
  { store }: Engine,
  { id, name, conmonPidFile }: ContainerConfig,
  { byName }: GenerateRequest,
): StartExisting {
  return {
    kind: 'existing',
    container: byName ? name : id,
    pidFile: conmonPidFile ?? `${bundlePath(store, id)}/conmon.pid`,
  };
}

function anew(config: ContainerConfig, unit: string, { create, template }: GenerateRequest): StartNew {
  return newContainerStart(create!, { name: config.name, template: template ? unit : undefined });
}

/** Without `--new`, the container's own policy stays at work beside systemd's: that is for the warning. */
function restartOf(
  { restart }: ContainerConfig,
  { create, restartPolicy, restartSeconds }: GenerateRequest,
): ServiceRequest['restart'] {
  const seconds = restartSeconds === undefined ? {} : { seconds: restartSeconds };
  if (restartPolicy !== undefined) return { policy: restartPolicy, ...seconds };
  if (create === undefined || restart.name === 'no') return { policy: 'on-failure', ...seconds };
  if (restart.name !== 'on-failure') return { policy: 'always', ...seconds };
  return { policy: 'on-failure', burst: restart.maximumRetryCount, ...seconds };
}

/** A unit that makes its container is not of this machine alone: the folder is that of whoever runs it. */
function mountsOf({ store, identity }: Engine, { kind }: StartExisting | StartNew): string {
  const usual = defaultPlaces({ rootless: identity.rootless, uid: identity.uid }).runRoot;
  return kind === 'new' && store.runRoot === usual ? '%t/proa' : store.runRoot.replaceAll('%', '%%');
}

function warningsOf({ name, restart }: ContainerConfig, { create }: GenerateRequest): string[] {
  if (create !== undefined || restart.name === 'no') return [];
  return [
    `container ${name} has the restart policy ${restart.name}: Proa would start it again while systemd stops it. ` +
      'Make it without --restart, and give --restart-policy to generate systemd',
  ];
}

function checkDependency(name: string): void {
  if (!/[\n\r\0]/.test(name)) return;
  throw new ProaError('INVALID_UNIT_NAME', `depend on unit ${JSON.stringify(name)}: it holds line feeds`);
}
