/** Containers whose end nobody wrote down: conmon was killed with them, or the machine went down. */
import { bootId } from '../../../core/boot.ts';
import { isAlive } from '../../../core/process-handle.ts';
import { containerPath } from '../../../storage/containers.ts';
import { cleanUpContainer } from '../../container/cleanup.ts';
import { needsCleanup } from '../../container/state.ts';
import type { Engine } from '../../engine.ts';
import { type Finding, isBusy } from './finding.ts';
import { wholeContainers } from './records.ts';

export function* findEndedContainers(engine: Engine): Iterable<Finding> {
  const { store } = engine;
  for (const { config, state } of wholeContainers(store)) {
    if (!needsCleanup(state)) continue;
    const thisBoot = state.bootId === bootId();
    // A conmon that lives, or a lock that is held, is the clean-up on its way.
    if ((thisBoot && isAlive(state.conmon)) || isBusy(containerPath(store, config.id))) continue;
    const why = `recorded as ${state.status}, but ${thisBoot ? 'its process is gone' : 'the machine was restarted'}`;
    const cleanUp = async (): Promise<string> => {
      await cleanUpContainer(engine, config.id);
      return 'cleaned up';
    };
    yield { what: 'container', which: config.name, why, repair: cleanUp };
  }
}
