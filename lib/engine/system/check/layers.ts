/** Layers: whole, and with the content that their diff id stands for. */
import { readdirSync, statSync } from 'node:fs';
import { writeRecord } from '../../../core/atomic-file.ts';
import { bootId } from '../../../core/boot.ts';
import { ProaError } from '../../../core/error.ts';
import { tryLock } from '../../../core/lock.ts';
import { discard } from '../../../core/staging.ts';
import type { Digest } from '../../../oci/model/digest.ts';
import { layersOf } from '../../../storage/containers.ts';
import { type Measured, measureLayer, missingPart } from '../../../storage/layer-content.ts';
import { type LayerRecord, layerDiffPath, layerPath, syncLayers } from '../../../storage/layers.ts';
import type { Store } from '../../../storage/store.ts';
import { isRunning } from '../../container/state.ts';
import { type Finding, setAside } from './finding.ts';
import { type Reading, readCritically, wholeContainers, writtenByNewer } from './records.ts';

/**
 * Finds layers that are not what they should be. A layer is read whole and hashed when something about it is doubtful,
 * or when `thorough`.
 */
export async function* findBadLayers(store: Store, thorough: boolean): AsyncIterable<Finding> {
  for (const hex of readdirSync(`${store.root}/layers`)) {
    const diffId = diffIdOf(hex);
    if (diffId === undefined) continue;
    const before = inodeOf(store, diffId);
    const finding = await examine(store, diffId, thorough);
    // A layer that was removed while it was read (and perhaps pulled again) was not damaged.
    if (finding !== undefined && before !== undefined && inodeOf(store, diffId) === before) yield finding;
  }
}

async function examine(store: Store, diffId: Digest, thorough: boolean): Promise<Finding | undefined> {
  const reading = readCritically<LayerRecord>(recordOf(store, diffId), (record) => record.diffId === diffId);
  const finding = { what: 'layer', which: diffId };
  if (reading.kind === 'newer') {
    return { ...finding, why: reading.why, repair: () => Promise.reject(writtenByNewer(`layer ${diffId}`)) };
  }
  const since = reading.kind === 'good' ? reading.record.unsyncedSince : undefined;
  const unsynced = since !== undefined && since !== bootId();
  const content =
    thorough || unsynced || reading.kind !== 'good'
      ? await measureLayer(store, diffId)
      : { damage: missingPart(store, diffId) };
  if (content.damage !== undefined) {
    return { ...finding, why: content.damage, repair: () => dropLayer(store, diffId) };
  }
  if (reading.kind !== 'good') {
    const why = reading.kind === 'absent' ? 'its record is missing' : reading.why;
    return { ...finding, why, repair: () => rebuildRecord(store, diffId, reading, content as Measured) };
  }
  if (!unsynced) return undefined;
  const why = 'the machine went down before it was known to be on disk; its content is right';
  const note = (): string => {
    syncLayers(store, [diffId]);
    return 'noted';
  };
  return { ...finding, why, harmless: true, repair: note };
}

/** Deletes a damaged layer, so that the next pull brings it again. */
function dropLayer(store: Store, diffId: Digest): string {
  const user = wholeContainers(store).find(
    ({ config, state }) => layersOf(config).includes(diffId) && isRunning(state),
  );
  if (user !== undefined) {
    throw new ProaError('LAYER_IN_USE', `repair layer ${diffId}: container ${user.config.name} runs on it`, {
      hint: `proa stop ${user.config.name}, then proa system check --repair`,
    });
  }
  using held = tryLock(layerPath(store, diffId));
  if (held === undefined) {
    throw new ProaError('LAYER_IN_USE', `repair layer ${diffId}: another command is using it`, {
      hint: 'Run proa system check --repair again when that command is done',
    });
  }
  discard(layerPath(store, diffId), store.tmp);
  return 'removed';
}

function rebuildRecord(
  store: Store,
  diffId: Digest,
  reading: Reading<LayerRecord>,
  { plainSize }: Measured,
): string {
  const file = recordOf(store, diffId);
  if (reading.kind === 'bad') setAside(store, file, `layer-${diffId.replace(':', '-')}.json`);
  const { files, diskSize } = countFiles(layerDiffPath(store, diffId));
  const record: LayerRecord = { version: 1, diffId, plainSize, diskSize, files, blobs: [] };
  writeRecord(file, record, { sync: true });
  return 'its content is right, so the record was made anew';
}

function countFiles(folder: string): { files: number; diskSize: number } {
  const sum = { files: 0, diskSize: 0 };
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    sum.files++;
    if (entry.isFile())
      sum.diskSize += statSync(`${entry.parentPath}/${entry.name}`, { throwIfNoEntry: false })?.size ?? 0;
  }
  return sum;
}

function recordOf(store: Store, diffId: Digest): string {
  return `${layerPath(store, diffId)}/layer.json`;
}

function diffIdOf(hex: string): Digest | undefined {
  if (/^[0-9a-f]{64}$/.test(hex)) return `sha256:${hex}` as Digest;
  return /^[0-9a-f]{128}$/.test(hex) ? (`sha512:${hex}` as Digest) : undefined;
}

function inodeOf(store: Store, diffId: Digest): number | undefined {
  return statSync(layerPath(store, diffId), { throwIfNoEntry: false })?.ino;
}
