/** Reckoning with the ranges of ids of which a user namespace consists. */
import { ProaError } from '../../core/error.ts';
import type { IdMapping } from '../../oci/model/runtime-spec/types.ts';
import { contiguousIds } from '../../rootless/id-map.ts';
import type { Identity } from '../../rootless/identity.ts';
import type { SubordinateRange } from '../../rootless/subordinate-ids.ts';
import type { IdMaps } from '../../storage/containers.ts';

export function parseMap(text: string): IdMapping {
  const [containerID, hostID, size, ...more] = text
    .split(':')
    .map((word) => (/^\d+$/.test(word) ? Number(word) : Number.NaN));
  if (containerID! >= 0 && hostID! >= 0 && size! > 0 && more.length === 0)
    return { containerID: containerID!, hostID: hostID!, size: size! };
  throw new ProaError('INVALID_ID_MAP', `map ids ${text}: it is not INSIDE:HOST:SIZE`, {
    hint: 'for example --uidmap 0:100000:65536',
  });
}

/** @throws ProaError INVALID_ID_MAP for ids that the engine's own namespace lacks, and for overlaps */
export function checkMaps(identity: Identity, { uids, gids }: IdMaps): void {
  for (const [maps, here, kind] of [
    [uids, identity.uidMap, 'user'],
    [gids, identity.gidMap, 'group'],
  ] as const) {
    const total = contiguousIds(here);
    const fail = (why: string): ProaError => new ProaError('INVALID_ID_MAP', `map ${kind} ids: ${why}`);
    for (const [i, { containerID, hostID, size }] of maps.entries()) {
      if (hostID + size > total)
        throw fail(
          `${hostID} to ${hostID + size - 1} are not all there: ${identity.rootless ? 'this user' : 'this host'} has ${total}`,
        );
      const overlaps = maps
        .slice(0, i)
        .some(
          (other) =>
            meets(other.containerID, other.size, containerID, size) ||
            meets(other.hostID, other.size, hostID, size),
        );
      if (overlaps) throw fail('one of them is mapped twice');
    }
  }
}

function meets(a: number, aSize: number, b: number, bSize: number): boolean {
  return a < b + bSize && b < a + aSize;
}

/** @param total ids from 0 on, of which 0 is the caller */
export function keepOne(id: number, total: number): IdMapping[] {
  const before = Math.min(id, total - 1);
  const after = total - 1 - before;
  return [
    { containerID: 0, hostID: 1, size: before },
    { containerID: id, hostID: 0, size: 1 },
    { containerID: id + 1, hostID: before + 1, size: after },
  ].filter(({ size }) => size > 0);
}

export function firstFree(
  ranges: readonly SubordinateRange[],
  taken: readonly IdMapping[],
  size: number,
): number | undefined {
  for (const { start, count } of ranges) {
    const inUse = taken.filter(({ hostID, size: length }) => meets(start, count, hostID, length));
    const candidates = [start, ...inUse.map(({ hostID, size: length }) => hostID + length)].sort(
      (a, b) => a - b,
    );
    const free = candidates.find(
      (first) =>
        first >= start &&
        first + size <= start + count &&
        !inUse.some(({ hostID, size: length }) => meets(first, size, hostID, length)),
    );
    if (free !== undefined) return free;
  }
  return undefined;
}
