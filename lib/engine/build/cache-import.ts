/**
 * `--cache-from`: what steps came to elsewhere. Nothing is asked before a step is not known here; then all places tell
 * what they have, and a layer comes when a step needs it. A place that fails costs no build: it is told, and left out.
 */
import { messageOf, ProaError } from '../../core/error.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { parseImageConfig } from '../../oci/model/image-config.ts';
import {
  type ImageManifest,
  type LayerDescriptor,
  parseManifest,
  runnableLayers,
} from '../../oci/model/manifest.ts';
import { matchPlatform } from '../../oci/model/platform.ts';
import { parseReference } from '../../oci/model/reference.ts';
import { readBlob } from '../../oci/registry/download.ts';
import type { OpenSource } from '../../oci/registry/sources.ts';
import type { LayerLease } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { readSharedSteps, type SharedStep } from './cache-document.ts';
import type { BuildObserver, BuildRequest, BuildStep, CachePlace } from './request.ts';

/** One image that holds a cache. */
interface CacheImage {
  readonly steps: ReadonlyMap<string, SharedStep>;
  /** Makes a layer present, leased. */
  bring(diffId: Digest): Promise<void>;
}

export interface ImportOptions {
  readonly engine: Engine;
  readonly request: Pick<BuildRequest, 'cacheFrom' | 'registry' | 'policyFile' | 'platforms'>;
  readonly lease: LayerLease;
  readonly observer: BuildObserver;
  readonly signal: AbortSignal;
  /** A step of its own for the display. */
  step(name: string): BuildStep;
}

/** No configuration of a real cache is larger. */
const CONFIG_LIMIT = 32 << 20;

export class ImportedCache {
  private images: Promise<CacheImage[]> | undefined;
  private readonly resources = new DisposableStack();

  constructor(private readonly options: ImportOptions) {}

  /** What a step came to elsewhere; its layer is here and leased then. */
  async find(key: string): Promise<SharedStep | undefined> {
    const { cacheFrom = [] } = this.options.request;
    if (cacheFrom.length === 0) return undefined;
    this.images ??= Promise.all(cacheFrom.map((place) => this.open(place))).then((lists) => lists.flat());
    for (const image of await this.images) {
      const step = image.steps.get(key);
      if (step === undefined) continue;
      if (step.diffId === undefined || (await this.brings(image, step.diffId))) return step;
    }
    return undefined;
  }

  [Symbol.dispose](): void {
    this.resources.dispose();
  }

  private async brings(image: CacheImage, diffId: Digest): Promise<boolean> {
    const { observer, signal } = this.options;
    try {
      await image.bring(diffId);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      observer.warned(`cache: ${messageOf(error)}`);
      return false;
    }
  }

  private async open(place: CachePlace): Promise<CacheImage[]> {
    const { observer, signal } = this.options;
    const step = this.options.step(`importing cache manifest from ${place.place}`);
    observer.started(step);
    try {
      const images = place.type === 'local' ? await this.openFolder(place) : await this.openImage(place);
      observer.ended(step, 'done');
      return images;
    } catch (error) {
      if (signal.aborted) {
        observer.ended(step, 'cancelled');
        throw error;
      }
      observer.ended(step, 'done');
      observer.warned(`cache from ${place.place}: ${messageOf(error)}`);
      return [];
    }
  }

  private async openImage({ place }: CachePlace): Promise<CacheImage[]> {
    const { request, engine, signal } = this.options;
    const { policyFile, registry = {} } = request;
    const { askSources } = await import('../image/pull.ts');
    const { openGate } = await import('../trust/gate.ts');
    const { registryCandidate, registryOrigin } = await import('../trust/registry-image.ts');
    const reference = parseReference(place!);
    const gate = await openGate(registryOrigin(reference, 'import cache from'), { policyFile });
    const { source, top } = await askSources({ reference, registry, signal });
    const digests = [top.digest];
    const images: CacheImage[] = [];
    for (const { manifest, digest } of await this.manifests(source, top)) {
      if (!gate.open) {
        const { rootless } = engine.identity;
        await gate.pass(
          await registryCandidate(source, reference, [digest, ...digests], { rootless, signal }),
        );
      }
      images.push(await this.registryImage(source, manifest));
    }
    return images;
  }

  /** Of several platforms those that are built. */
  private async manifests(
    { client, repository }: OpenSource,
    top: { bytes: Uint8Array; mediaType?: string | undefined; digest: Digest },
  ): Promise<{ manifest: ImageManifest; digest: Digest }[]> {
    const parsed = parseManifest(top.bytes, top.mediaType);
    if (parsed.kind === 'image') return [{ manifest: parsed, digest: top.digest }];
    const there = parsed.manifests.map(({ platform }) => platform);
    const chosen = new Set(
      this.options.request.platforms.flatMap((wanted) => matchPlatform(wanted, there) ?? []),
    );
    const found = [...chosen].map(async (at) => {
      const { digest, mediaType } = parsed.manifests[at]!;
      const fetched = await client.getManifest(repository, digest, { signal: this.options.signal });
      const manifest = parseManifest(fetched.bytes, fetched.mediaType ?? mediaType);
      if (manifest.kind === 'image') return { manifest, digest };
      throw new ProaError('INVALID_MANIFEST', 'an index inside an index');
    });
    return await Promise.all(found);
  }

  private async registryImage(source: OpenSource, manifest: ImageManifest): Promise<CacheImage> {
    const { engine, lease, signal } = this.options;
    const { client, repository } = source;
    if (manifest.config.size > CONFIG_LIMIT)
      throw new ProaError('BAD_CACHE', `its configuration has ${manifest.config.size} bytes`);
    const chunks: Uint8Array[] = [];
    // Checked against its digest on the way.
    for await (const chunk of readBlob(client, repository, manifest.config, { signal }))
      chunks.push(Uint8Array.from(chunk));
    const config = parseImageConfig(Buffer.concat(chunks));
    const layers = new Map(layersByDiffId(manifest, config.rootfs.diff_ids));
    return {
      steps: stepsByKey(readSharedSteps(config)),
      async bring(diffId) {
        const { LayerFetcher } = await import('../image/fetch-layers.ts');
        const layer = layers.get(diffId)!;
        await new LayerFetcher(engine, client, repository, lease, { signal }).fetch([layer], [diffId]);
      },
    };
  }

  private async openFolder({ place, attributes }: CachePlace): Promise<CacheImage[]> {
    const { engine, lease } = this.options;
    const { openArchive } = await import('../image/archive.ts');
    const { readOciLayout } = await import('../image/oci-layout.ts');
    const { memberSource } = await import('../image/load.ts');
    const { unpackLayers } = await import('../image/unpack-layers.ts');
    const archive = this.resources.use(await openArchive(engine.store, { path: place! }));
    const images = readOciLayout(archive);
    if (images === undefined) throw new ProaError('BAD_CACHE', 'it is no OCI layout: index.json is missing');
    const wanted = images.filter(({ refName }) => attributes.tag === undefined || refName === attributes.tag);
    return wanted.map(({ config, layers }) => ({
      steps: stepsByKey(readSharedSteps(config)),
      bring: async (diffId) => {
        const layer = layers.find((each) => each.diffId === diffId)!;
        await unpackLayers(engine, [memberSource(archive, layer)], lease);
      },
    }));
  }
}

function layersByDiffId(manifest: ImageManifest, diffIds: readonly Digest[]): [Digest, LayerDescriptor][] {
  const layers = runnableLayers(manifest);
  if (layers.length !== diffIds.length)
    throw new ProaError(
      'INVALID_MANIFEST',
      `the manifest has ${layers.length} layers, the configuration ${diffIds.length}`,
    );
  return diffIds.map((diffId, i) => [diffId, layers[i]!]);
}

function stepsByKey(steps: readonly SharedStep[]): Map<string, SharedStep> {
  if (steps.length === 0) throw new ProaError('BAD_CACHE', 'the image holds no build cache');
  return new Map(steps.map((step) => [step.key, step]));
}
