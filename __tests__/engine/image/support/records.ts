/** Records without the layers behind them, for what only looks at records. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { bootId } from '../../../../lib/core/boot.ts';
import { processHandle } from '../../../../lib/core/process-handle.ts';
import type { Engine } from '../../../../lib/engine/engine.ts';
import { storeImage } from '../../../../lib/engine/image/store-image.ts';
import { type Digest, sha256Digest } from '../../../../lib/oci/model/digest.ts';
import { parseReference } from '../../../../lib/oci/model/reference.ts';
import { type ImageRecord, lockImages, putImage } from '../../../../lib/storage/images.ts';

export interface FakeImage {
  names?: string[];
  digests?: string[];
  created?: string;
  labels?: Record<string, string>;
  /** Layers by a word each; equal words are the same layer. */
  layers?: string[];
}

/** Records an image whose layers are empty folders of this size. */
export async function addImage(engine: Engine, image: FakeImage): Promise<ImageRecord> {
  const diffIds = (image.layers ?? []).map((word) => addLayer(engine, word));
  const config = {
    architecture: 'amd64',
    os: 'linux',
    created: image.created ?? '2024-05-01T12:00:00Z',
    config: { Labels: image.labels, Cmd: ['sh'] },
    rootfs: { type: 'layers', diff_ids: diffIds } as const,
    history: diffIds.map((_, i) => ({ created_by: `step ${i}`, created: '2024-05-01T12:00:00Z' })),
  };
  const configBytes = Buffer.from(JSON.stringify(config));
  const names = (image.names ?? []).map((name) => parseReference(name));
  const { image: record } = await storeImage(engine, { config, configBytes, names });
  if (image.digests === undefined) return record;
  using _ = await lockImages(engine.store);
  return putImage(engine.store, { ...record, repoDigests: image.digests });
}

function addLayer({ store }: Engine, word: string): Digest {
  const diffId = sha256Digest(word);
  const folder = `${store.root}/layers/${diffId.slice('sha256:'.length)}`;
  mkdirSync(`${folder}/diff`, { recursive: true });
  writeFileSync(
    `${folder}/layer.json`,
    JSON.stringify({ version: 1, diffId, plainSize: 1024, diskSize: 1000, files: 1, blobs: [] }),
  );
  return diffId;
}

/** Records a container of an image; a running one is this very process. */
export function addContainer(
  { store }: Engine,
  name: string,
  image: ImageRecord,
  status: 'running' | 'exited',
): void {
  const id = sha256Digest(name).slice('sha256:'.length);
  const folder = `${store.root}/containers/${id}`;
  mkdirSync(folder);
  const config = { version: 1, id, name, image: { id: image.id, name: 'app' }, diffIds: image.diffIds };
  writeFileSync(`${folder}/config.json`, JSON.stringify(config));
  const process_ = status === 'running' ? { bootId: bootId(), process: processHandle(process.pid) } : {};
  writeFileSync(`${folder}/state.json`, JSON.stringify({ version: 1, status, restartCount: 0, ...process_ }));
}
