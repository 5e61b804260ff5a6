/** Reading a record more sceptically than commands do: which of three things is wrong decides what may be done. */
import { readRecord } from '../../../core/atomic-file.ts';
import { hasCode, ProaError } from '../../../core/error.ts';
import { type Container, type ContainerConfig, listContainers } from '../../../storage/containers.ts';
import { type BadRecord, type ImageRecord, listImages } from '../../../storage/images.ts';
import type { Store } from '../../../storage/store.ts';

export type Reading<T> =
  | { kind: 'good'; record: T }
  | { kind: 'absent' }
  /** Unreadable, or it does not say what its place says. */
  | { kind: 'bad'; why: string }
  /** A newer proa wrote it: it is not ours to mend. */
  | { kind: 'newer'; why: string };

/** @param suits whether the members that everything depends on are there and fit the record's place */
export function readCritically<T extends { version: number }>(
  file: string,
  suits: (record: T) => boolean,
): Reading<T> {
  try {
    const record = readRecord<T>(file);
    if (record === undefined) return { kind: 'absent' };
    if (suits(record)) return { kind: 'good', record };
    return { kind: 'bad', why: 'its record does not belong to it' };
  } catch (error) {
    if (!hasCode(error, 'CORRUPT_RECORD')) throw error;
    const why = (error as ProaError).message.slice(`read record ${file}: `.length);
    return {
      kind: /^it has version [2-9]/.test(why) ? 'newer' : 'bad',
      why: `its record is unreadable (${why})`,
    };
  }
}

export function writtenByNewer(what: string): ProaError {
  return new ProaError('NEWER_RECORD', `repair ${what}: a newer proa wrote it`, {
    hint: 'Use that newer proa',
  });
}

/** The containers whose records can be relied on. */
export function wholeContainers(store: Store): Container[] {
  return listContainers(store, []).filter(({ config }) => isWholeContainer(config));
}

export function isWholeContainer({ id, name, diffIds, mounts }: ContainerConfig): boolean {
  return (
    typeof id === 'string' && typeof name === 'string' && Array.isArray(diffIds) && Array.isArray(mounts)
  );
}

export function isWholeImage({ diffIds, manifest, repoDigests }: ImageRecord): boolean {
  return Array.isArray(diffIds) && Array.isArray(repoDigests) && typeof manifest?.digest === 'string';
}

/** The images whose records can be relied on, and whether those are all. */
export function wholeImages(store: Store): { images: ImageRecord[]; complete: boolean } {
  const bad: BadRecord[] = [];
  const all = listImages(store, bad);
  const images = all.filter(isWholeImage);
  return { images, complete: bad.length === 0 && images.length === all.length };
}
