/** Ids of a container's user namespace, as this engine's own user namespace counts them. */
import type { IdMapping } from '../../oci/model/runtime-spec/types.ts';

/** An id that is not mapped, or without a map, stands for itself. */
export function outsideId(map: readonly IdMapping[] | undefined, id: number): number {
  const range = map?.find(({ containerID, size }) => id >= containerID && id < containerID + size);
  return range === undefined ? id : range.hostID + id - range.containerID;
}
