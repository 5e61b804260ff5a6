/**
 * A build cache on its way between machines: what steps came to, as a member of an image's configuration, and their layers
 * as the layers of that image. So any registry, layout or tool that takes an image takes a cache, and an image can hold its
 * own (`type=inline`).
 */
import { ProaError } from '../../core/error.ts';
import { type Digest, isDigest } from '../../oci/model/digest.ts';
import { type ImageConfig, MAX_LAYERS } from '../../oci/model/image-config.ts';
import { hostPlatform } from '../../oci/model/platform.ts';
import type { BuildCacheRecord } from '../../storage/build-cache.ts';

/** The member. Its form is ours alone; BuildKit's own caches are named otherwise and are not read. */
const MEMBER = 'proa.build.cache.v1';

/** One step. Its layer is in the image that says so. */
export type SharedStep = Pick<BuildCacheRecord, 'key' | 'diffId' | 'created' | 'description' | 'type'>;

/**
 * Those of a build's steps that are given away.
 * @param mode min: those whose layers the results have; max: all
 */
export function stepsToShare(
  steps: Iterable<SharedStep>,
  results: ReadonlySet<Digest>,
  mode: 'min' | 'max',
): SharedStep[] {
  const isWanted = ({ diffId }: SharedStep): boolean =>
    mode === 'max' || diffId === undefined || results.has(diffId);
  return [...steps]
    .filter(isWanted)
    .map(({ key, diffId, created, description, type }) => ({
      key,
      ...(diffId && { diffId }),
      created,
      description,
      type,
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The configuration of an image that is nothing but a cache. The same steps give the same bytes. */
export function cacheConfig(steps: readonly SharedStep[]): ImageConfig {
  const layers = [...new Set(steps.flatMap(({ diffId }) => diffId ?? []))].slice(-MAX_LAYERS);
  const kept = steps.filter(({ diffId }) => diffId === undefined || layers.includes(diffId));
  const { os, architecture, variant } = hostPlatform();
  return {
    os,
    architecture,
    ...(variant && { variant }),
    config: {},
    rootfs: { type: 'layers', diff_ids: layers },
    history: layers.map(() => ({ created_by: 'build cache' })),
    other: { [MEMBER]: { steps: kept } },
  };
}

/** An image's configuration with the steps that made it. */
export function withInlineCache(config: ImageConfig, steps: readonly SharedStep[]): ImageConfig {
  return { ...config, other: { ...config.other, [MEMBER]: { steps } } };
}

/**
 * The steps that an image's configuration tells of; none when it holds no cache.
 * @throws ProaError BAD_CACHE: it was not written by Proa
 */
export function readSharedSteps(config: ImageConfig): SharedStep[] {
  const said = config.other?.[MEMBER];
  if (said === undefined) return [];
  const { steps } = said as { steps?: unknown };
  if (!Array.isArray(steps)) throw badCache('it has no list of steps');
  const layers = new Set<string>(config.rootfs.diff_ids);
  return steps.map((step: Record<string, unknown>) => readStep(step ?? {}, layers));
}

function readStep(step: Record<string, unknown>, layers: ReadonlySet<string>): SharedStep {
  const { key, diffId, created, description, type } = step;
  if (typeof key !== 'string' || !/^[0-9a-f]{64}$/.test(key)) throw badCache('a step has no key');
  if (diffId !== undefined && (typeof diffId !== 'string' || !isDigest(diffId) || !layers.has(diffId)))
    throw badCache(`step ${key} has a layer that the image has not`);
  if (typeof created !== 'string' || Number.isNaN(Date.parse(created)))
    throw badCache(`step ${key} has no time`);
  if (type !== 'regular' && type !== 'alias' && type !== 'image')
    throw badCache(`step ${key} is of no known type`);
  return {
    key,
    ...(diffId !== undefined && { diffId: diffId as Digest }),
    created,
    description: typeof description === 'string' ? description.slice(0, 1000) : '',
    type,
  };
}

function badCache(why: string): ProaError {
  return new ProaError('BAD_CACHE', `read the cache in an image's configuration: ${why}`);
}
