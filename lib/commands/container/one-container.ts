/** For commands about one container: its name comes first, or `--latest` stands in its place. */
import type { Option } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import type { Engine } from '../../engine/engine.ts';
import { latestContainer, resolveContainer } from '../../storage/containers.ts';

export const latestOption = {
  short: 'l',
  type: 'bool',
  summary: 'Act on the container that was created last',
} as const satisfies Option;

/**
 * For commands about one container: its id, and the arguments behind it. `--latest` stands in the place of the name.
 * @throws ProaError BAD_ARGUMENTS, CONTAINER_NOT_FOUND, AMBIGUOUS
 */
export function selectOne(
  { store }: Engine,
  latest: boolean,
  args: readonly string[],
): { id: string; rest: readonly string[] } {
  if (latest) return { id: latestContainer(store), rest: args };
  const [name, ...rest] = args;
  if (name === undefined) {
    throw new ProaError('BAD_ARGUMENTS', 'choose a container: name one, or use --latest');
  }
  return { id: resolveContainer(store, name), rest };
}

/** {@link selectOne} where nothing follows the name. */
export function selectOnly(engine: Engine, latest: boolean, args: readonly string[]): string {
  const { id, rest } = selectOne(engine, latest, args);
  if (rest.length === 0) return id;
  throw new ProaError('BAD_ARGUMENTS', 'choose a container: name one or use --latest, not both');
}
