/** `rm --depend`: with a container go those that cannot start without it (dependencies.ts). */
import { ProaError } from '../../core/error.ts';
import { listContainers } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { dependenciesOf } from './dependencies.ts';
import { type RemoveOptions, removeContainer } from './stop.ts';

/**
 * Removes all containers that depend on this one, those first that nobody depends on.
 * @throws ProaError what removing one throws; those removed by then are gone
 */
export async function removeDependents(engine: Engine, id: string, options: RemoveOptions): Promise<void> {
  const configs = listContainers(engine.store, []).map(({ config }) => config);
  const remove = async (of: string, path: readonly string[]): Promise<void> => {
    for (const config of configs) {
      if (!dependenciesOf(config).includes(of)) continue;
      if (path.includes(config.id)) {
        throw new ProaError(
          'CYCLE',
          `remove dependents of container ${of}: ${config.name} depends on itself`,
        );
      }
      await remove(config.id, [...path, config.id]);
      await removeContainer(engine, config.id, options);
    }
  };
  await remove(id, [id]);
}
