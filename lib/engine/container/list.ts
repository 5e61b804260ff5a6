/** The containers of a store, as `ps` and the other listings see them: observed, filtered, newest first. */
import { type Container, listContainers } from '../../storage/containers.ts';
import type { BadRecord } from '../../storage/images.ts';
import type { Store } from '../../storage/store.ts';
import { observeState } from './state.ts';

export interface ListRequest {
  /** Also those that do not run. */
  all?: boolean;
  /** Only so many of the newest, whether they run or not; 0 or less: no limit. */
  last?: number;
  /** KEY=VALUE, see filters.ts. */
  filters?: readonly string[];
}

export interface Listing {
  /** Newest first, with their state as it is now. */
  containers: Container[];
  /** Records that could not be read. */
  bad: BadRecord[];
}

/**
 * Lists containers, by two small files each and one question to the kernel for those recorded as running; no lock.
 * @throws ProaError INVALID_FILTER, or CONTAINER_NOT_FOUND for the filters `before` and `since`
 */
export async function listMatching(store: Store, request: ListRequest = {}): Promise<Listing> {
  const { filters = [], last = 0 } = request;
  const filter =
    filters.length === 0 ? undefined : await (await import('./filters.ts')).compileFilters(store, filters);
  const stopped = request.all || last > 0 || filter?.wantsStopped;
  const bad: BadRecord[] = [];
  const containers: Container[] = [];
  for (const { config, state } of listContainers(store, bad)) {
    const container = { config, state: observeState(store, { config, state }) };
    const { status } = container.state;
    if (!stopped && status !== 'running' && status !== 'paused') continue;
    if (filter === undefined || filter.matches(container)) containers.push(container);
  }
  containers.sort(newestFirst);
  return { containers: last > 0 ? containers.slice(0, last) : containers, bad };
}

/** Records write their times in UTC with one number of decimals, so the texts compare as the times do. */
function newestFirst({ config: a }: Container, { config: b }: Container): number {
  if (a.created !== b.created) return a.created < b.created ? 1 : -1;
  return a.id < b.id ? -1 : 1;
}
