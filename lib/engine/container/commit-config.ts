/** The settings of an image that is made of a container: the image's own, and over them what the container was given. */
import type { ContainerDefaults } from '../../oci/model/image-config.ts';
import type { ContainerConfig } from '../../storage/containers.ts';
import { applyChanges } from '../image/changes.ts';

export interface CommitSettings {
  /** Dockerfile instructions, applied last. */
  changes: readonly string[];
  /** All of its volumes become the image's, not only those without a name. */
  includeVolumes: boolean;
}

/** @throws ProaError INVALID_CHANGE */
export function committedDefaults(
  config: ContainerConfig,
  image: ContainerDefaults = {},
  { changes, includeVolumes }: CommitSettings,
): ContainerDefaults {
  const ports = [
    ...config.exposedPorts,
    ...config.network.ports.map((p) => `${p.containerPort}/${p.protocol}`),
  ];
  const volumes = config.mounts
    .filter(({ type, volume }) => type === 'volume' && (includeVolumes || isAnonymous(volume)))
    .concat(includeVolumes ? config.mounts.filter(({ type }) => type === 'bind') : [])
    .map(({ destination }) => destination);
  const { entrypoint, command, env, user, workingDir, labels, stopSignal, healthcheck } = config;
  return applyChanges(
    {
      ...image,
      ...(user !== '' && { User: user }),
      ...(env.length > 0 && { Env: env }),
      Entrypoint: entrypoint.length > 0 ? entrypoint : undefined,
      Cmd: command.length > 0 ? command : undefined,
      ...(workingDir !== '/' || image.WorkingDir ? { WorkingDir: workingDir } : {}),
      ...(Object.keys(labels).length > 0 && { Labels: labels }),
      ...(ports.length > 0 && { ExposedPorts: { ...image.ExposedPorts, ...keys(ports) } }),
      ...(volumes.length > 0 && { Volumes: { ...image.Volumes, ...keys(volumes) } }),
      ...(stopSignal !== 'SIGTERM' || image.StopSignal ? { StopSignal: stopSignal } : {}),
      ...(healthcheck && { Healthcheck: healthcheck }),
    },
    changes,
  );
}

/** The names that volumes get which were given none. */
function isAnonymous(volume: string | undefined): boolean {
  return volume !== undefined && /^[0-9a-f]{64}$/.test(volume);
}

function keys(names: readonly string[]): Record<string, Record<string, never>> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}
