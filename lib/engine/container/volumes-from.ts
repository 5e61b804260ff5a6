/** `--volumes-from NAME[:OPTIONS]`: bind mounts and volumes of another container, not its tmpfs. */
import { ProaError } from '../../core/error.ts';
import { type ContainerMount, readContainer, resolveContainer } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';

/** @throws ProaError INVALID_MOUNT for unknown options */
export function parseVolumesFrom(text: string): { container: string; mode?: string } {
  const colon = text.indexOf(':');
  const container = colon < 0 ? text : text.slice(0, colon);
  if (container === '') throw new ProaError('INVALID_MOUNT', `invalid name or ID supplied: "${container}"`);
  if (colon < 0) return { container };
  const mode = text.slice(colon + 1);
  const words = mode.split(',');
  if (!words.every((word) => /^(ro|rw|z|Z)$/.test(word)) || (words.includes('ro') && words.includes('rw')))
    throw new ProaError('INVALID_MOUNT', `invalid mode: ${mode}`);
  return { container, mode };
}

/**
 * The mounts that others hand on; what is read-only there stays so.
 * @throws ProaError CONTAINER_NOT_FOUND, AMBIGUOUS, INVALID_MOUNT
 */
export function mountsOfOthers(store: Store, others: readonly string[]): ContainerMount[] {
  return others.flatMap((text) => {
    const { container, mode } = parseVolumesFrom(text);
    const mounts = readContainer(store, resolveContainer(store, container))?.config.mounts ?? [];
    const readonly = mode?.split(',').includes('ro') ?? false;
    return mounts.filter(isHandedOn).map((mount): ContainerMount => {
      const { options } = mount;
      const own = options.filter((word) => word !== 'rw' && word !== 'U');
      return {
        ...mount,
        options: readonly && !own.includes('ro') ? [...own, 'ro'] : own,
        origin: 'from',
      };
    });
  });
}

/** What `O` shows is each container's own. */
function isHandedOn({ type, options }: ContainerMount): boolean {
  return (type === 'bind' || type === 'volume') && !options.includes('O');
}
