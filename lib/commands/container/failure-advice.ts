/** What to say when a container that was watched has failed. */
import type { Engine } from '../../engine/engine.ts';
import type { ContainerConfig } from '../../storage/containers.ts';
import { warn } from '../context.ts';

/** For {@link awaitEnd}. What it takes to find the reason is loaded only when there may be one. */
export function adviseOnFailure(
  engine: Engine,
  config: ContainerConfig,
): (exitCode: number) => Promise<void> {
  return async (exitCode) => {
    if (exitCode === 0 || !config.mounts.some(({ type }) => type === 'bind' || type === 'volume')) return;
    const { adviseAfterEnd } = await import('../../engine/container/access-advice.ts');
    for (const line of adviseAfterEnd(engine, config, exitCode)) warn(`WARNING: ${line}`);
  };
}
