/** What few containers have of their specification, and what is said of it. Loaded only for them. */
import type { Spec } from '../../oci/model/runtime-spec/types.ts';
import type { ContainerConfig } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';

/**
 * @param warn takes a line for the person who starts the container
 * @throws ProaError DEVICE_MISSING, INVALID_CDI
 */
export async function completeSpec(
  { identity }: Engine,
  config: ContainerConfig,
  spec: Spec,
  warn: ((text: string) => void) | undefined,
): Promise<void> {
  const isMapped = identity.rootless || config.idMaps !== undefined;
  if (warn !== undefined && isMapped && config.mounts.some(({ type }) => type === 'bind')) {
    const { accessWarnings } = await import('./mount-access.ts');
    accessWarnings(identity, config, spec.process.user).forEach(warn);
  }
  if (config.cdiDevices !== undefined) {
    const { injectDevices } = await import('./cdi.ts');
    injectDevices(spec, config.cdiDevices, isMapped);
  }
}
