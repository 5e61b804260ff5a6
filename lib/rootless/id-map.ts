/** Maps between the ids of a user namespace and those outside it: user_namespaces(7), "Defining user and group ID mappings". */

/** A run of ids: `size` from `inside` on stand for those from `outside` on. */
export interface IdRange {
  inside: number;
  outside: number;
  size: number;
}

export type IdMap = readonly IdRange[];

/** All ids: the initial user namespace, as the kernel shows it. */
const ALL_IDS = 4294967295;

/** Reads /proc/PID/uid_map or gid_map. */
export function parseIdMap(text: string): IdMap {
  const map: IdRange[] = [];
  for (const line of text.split('\n')) {
    const [inside, outside, size] = line.trim().split(/\s+/).map(Number);
    if (inside !== undefined && outside !== undefined && size !== undefined)
      map.push({ inside, outside, size });
  }
  return map;
}

/** True for the map of the initial user namespace: every id stands for itself. */
export function isFullMap(map: IdMap): boolean {
  return map.length === 1 && map[0]!.inside === 0 && map[0]!.outside === 0 && map[0]!.size === ALL_IDS;
}

/** The id outside, undefined when this one is not mapped. */
export function toOutside(map: IdMap, id: number): number | undefined {
  const range = map.find(({ inside, size }) => id >= inside && id < inside + size);
  return range === undefined ? undefined : id - range.inside + range.outside;
}

/** The id inside, undefined when this one is not mapped (the kernel then shows 65534). */
export function toInside(map: IdMap, id: number): number | undefined {
  const range = map.find(({ outside, size }) => id >= outside && id < outside + size);
  return range === undefined ? undefined : id - range.outside + range.inside;
}

/** How many ids from 0 on are mapped without a gap. */
export function contiguousIds(map: IdMap): number {
  let count = 0;
  for (const { inside, size } of [...map].sort((a, b) => a.inside - b.inside)) {
    if (inside !== count) break;
    count += size;
  }
  return count;
}

/** The map of a user: 0 is the user, and the subordinate ranges follow from 1 on. */
export function buildIdMap(id: number, subordinate: readonly { start: number; count: number }[]): IdMap {
  const map: IdRange[] = [{ inside: 0, outside: id, size: 1 }];
  let next = 1;
  for (const { start, count } of subordinate) {
    map.push({ inside: next, outside: start, size: count });
    next += count;
  }
  return map;
}

/**
 * The ranges of a map for a namespace below this one, cut where this one's own ranges end: the kernel takes none that
 * reaches over two of them (kernel/user_namespace.c, map_id_range_down).
 * @param own this namespace's map
 */
export function cutAtRanges(map: IdMap, own: IdMap): IdMap {
  return map.flatMap(({ inside, outside, size }) => {
    const parts: IdRange[] = [];
    for (let done = 0; done < size; ) {
      const at = outside + done;
      const range = own.find((candidate) => at >= candidate.inside && at < candidate.inside + candidate.size);
      const length = Math.min(size - done, range === undefined ? size : range.inside + range.size - at);
      parts.push({ inside: inside + done, outside: at, size: length });
      done += length;
    }
    return parts;
  });
}
