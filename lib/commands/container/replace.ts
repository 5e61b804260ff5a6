/** `--replace`: the name is freed for the container to come. */
import { ProaError } from '../../core/error.ts';
import type { Engine } from '../../engine/engine.ts';
import { readContainer } from '../../storage/containers.ts';
import { resolveName } from '../../storage/names.ts';

/** Stops and removes the container of this name, if there is one. */
export async function replaceContainer(engine: Engine, name: string): Promise<void> {
  const id = resolveName(engine.store, name);
  const container = id === undefined ? undefined : readContainer(engine.store, id);
  if (container === undefined) return;
  const { removeContainer } = await import('../../engine/container/stop.ts');
  try {
    await removeContainer(engine, container.config.id, {
      force: true,
      timeout: container.config.stopTimeout,
    });
  } catch (error) {
    if (!(error instanceof ProaError)) throw error;
    throw new ProaError(error.code, `replace container ${name}: ${error.message}`, {
      hint: error.hint,
      cause: error,
    });
  }
}
