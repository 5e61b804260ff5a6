/** FROM an image: found here or pulled, and where a stage that begins with it begins. */
import { ProaError } from '../../core/error.ts';
import type { Digest } from '../../oci/model/digest.ts';
import type { Platform } from '../../oci/model/platform.ts';
import { formatReference, parseReference } from '../../oci/model/reference.ts';
import { type ImageRecord, readImageConfig } from '../../storage/images.ts';
import type { LayerLease } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { resolveOrPull } from '../image/resolve.ts';
import type { BuildMaterial, BuildRequest } from './request.ts';
import type { StageBase } from './stage-state.ts';

export interface BaseOptions {
  platform: Platform;
  request: Pick<BuildRequest, 'pull' | 'registry' | 'policyFile'>;
  signal: AbortSignal;
  /** Bytes of a layer that is being pulled. */
  progress(done: number, total: number | undefined, part: string): void;
}

export interface ResolvedBase {
  base: StageBase;
  material: BuildMaterial;
  /** Lines of ONBUILD. */
  triggers: readonly string[];
}

/** `scratch`: nothing at all. */
export function scratch(platform: Platform): StageBase {
  return { diffIds: [], config: {}, history: [], platform };
}

/**
 * @param name as it stands behind FROM, variables replaced
 * @throws ProaError IMAGE_NOT_FOUND, LAYER_MISSING, or what a pull throws
 */
export async function resolveBase(
  engine: Engine,
  name: string,
  lease: LayerLease,
  options: BaseOptions,
): Promise<ResolvedBase> {
  const { store } = engine;
  const record = await findOrPull(engine, name, options);
  for (const diffId of record.diffIds) await leaseLayer(engine, lease, diffId, name);
  const image = readImageConfig(store, record);
  const { OnBuild: triggers = [], ...config } = image.config;
  const { os, architecture, variant } = image;
  return {
    base: {
      diffIds: record.diffIds,
      config,
      history: image.history,
      author: image.author,
      platform: { os, architecture, ...(variant && { variant }) },
      image: record.id,
      osVersion: image['os.version'],
      osFeatures: image['os.features'],
    },
    material: {
      kind: 'image',
      name: fullName(name),
      digest: record.repoDigests[0]?.replace(/^.*@/, '') ?? record.manifest.digest,
      platform: options.platform,
    },
    triggers,
  };
}

async function findOrPull(engine: Engine, name: string, options: BaseOptions): Promise<ImageRecord> {
  const { platform, request, signal, progress } = options;
  return await resolveOrPull(engine, name, request.pull, {
    platform,
    registry: request.registry ?? {},
    policyFile: request.policyFile,
    signal,
    onPull: async () => ({
      event(event) {
        if (event.kind === 'download') progress(event.current, event.total, event.layer);
      },
      async end() {},
      [Symbol.dispose]() {},
    }),
  });
}

async function leaseLayer(engine: Engine, lease: LayerLease, diffId: Digest, name: string): Promise<void> {
  const { leasePresentLayer } = await import('../image/present-layer.ts');
  if ((await leasePresentLayer(engine.store, lease, diffId)) !== undefined) return;
  throw new ProaError('LAYER_MISSING', `build from ${name}: its layer ${diffId} is gone`, {
    hint: `proa pull ${name}`,
  });
}

function fullName(name: string): string {
  try {
    return formatReference(parseReference(name));
  } catch {
    return name; // an id, or a transport's place
  }
}
