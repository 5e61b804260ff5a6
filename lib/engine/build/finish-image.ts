/** The target stage as an image: its layers as they are asked for, its configuration, and its history with times. */
import type { Digest } from '../../oci/model/digest.ts';
import {
  type ContainerDefaults,
  type HistoryEntry,
  type ImageConfig,
  serializeImageConfig,
} from '../../oci/model/image-config.ts';
import { stepKey } from './cache.ts';
import type { PlatformBuild } from './platform-build.ts';
import type { BuildRequest, BuiltImage } from './request.ts';
import { datedHistory, type StageState } from './stage-state.ts';

export async function finishImage(build: PlatformBuild, state: StageState): Promise<BuiltImage> {
  const { request } = build;
  const { base } = state;
  const { os, architecture, variant } = base.platform;
  const { diffIds, history } = await asAskedFor(build, state);
  const osVersion = request.osVersion ?? base.osVersion;
  const osFeatures = request.osFeatures ?? base.osFeatures;
  const undated: ImageConfig = {
    ...(state.author && { author: state.author }),
    architecture,
    os,
    ...(osVersion && { 'os.version': osVersion }),
    ...(osFeatures?.length && { 'os.features': osFeatures }),
    ...(variant && { variant }),
    config: resultDefaults(request, state),
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: request.omitHistory ? [] : history,
  };
  const created = await createdOf(build, undated);
  const dated = { ...undated, created, history: datedHistory(undated.history, created) };
  const config = await withCache(build, dated);
  return {
    platform: { os, architecture, ...(variant && { variant }) },
    config,
    configBytes: serializeImageConfig(config),
    diffIds,
    ...(base.image && request.squash !== 'all' && { parent: base.image }),
    materials: build.materials,
  };
}

/** What `--label`, `--unsetenv`, `--unsetlabel` and `--inherit-labels` make of the stage's settings. */
function resultDefaults(request: BuildRequest, { config, base }: StageState): ContainerDefaults {
  const inherited = request.inheritLabels === false ? (base.config.Labels ?? {}) : {};
  const own = Object.entries(config.Labels ?? {}).filter(
    ([name, value]) => inherited[name] !== value && !request.unsetLabels?.includes(name),
  );
  const labels = Object.fromEntries([...own, ...request.labels]);
  const { Labels: _, ...rest } = config;
  const result: ContainerDefaults = Object.keys(labels).length > 0 ? { ...rest, Labels: labels } : rest;
  if (!request.unsetEnv?.length || config.Env === undefined) return result;
  return {
    ...result,
    Env: config.Env.filter((entry) => !request.unsetEnv!.includes(entry.split('=', 1)[0]!)),
  };
}

async function asAskedFor(
  build: PlatformBuild,
  { diffIds, history, base }: StageState,
): Promise<{ diffIds: readonly Digest[]; history: readonly HistoryEntry[] }> {
  const { squash, layers } = build.request;
  const kept = squash === 'all' ? 0 : base.diffIds.length;
  if ((squash === undefined && layers) || diffIds.length - kept < (squash === 'all' ? 1 : 2))
    return { diffIds, history };
  const { squashLayers } = await import('./squash.ts');
  const merged = await squashLayers(build, diffIds.slice(0, kept), diffIds);
  return {
    diffIds: [...diffIds.slice(0, kept), ...(merged === undefined ? [] : [merged])],
    history: squashedHistory(history, squash === 'all' ? 0 : base.history.length, merged !== undefined),
  };
}

/** All steps stay to be seen, and the last of those that made layers has the one that is left. */
function squashedHistory(history: readonly HistoryEntry[], kept: number, hasLayer: boolean): HistoryEntry[] {
  const last = hasLayer ? history.findLastIndex(({ empty_layer }, i) => i >= kept && !empty_layer) : -1;
  return history.map((entry, i) => (i < kept || i === last ? entry : { ...entry, empty_layer: true }));
}

/** With the steps that made it, where `--cache-to type=inline` or BuildKit's build argument asks for them. */
async function withCache({ request, cache }: PlatformBuild, config: ImageConfig): Promise<ImageConfig> {
  const isAsked = request.cacheTo?.some(({ type }) => type === 'inline');
  if (!isAsked && !/^(1|true)$/i.test(request.buildArgs.get('BUILDKIT_INLINE_CACHE') ?? '')) return config;
  const { stepsToShare, withInlineCache } = await import('./cache-document.ts');
  return withInlineCache(config, stepsToShare(cache.used.values(), new Set(config.rootfs.diff_ids), 'min'));
}

/** When this very image was first built: the same build gives the same image again. */
async function createdOf(build: PlatformBuild, config: ImageConfig): Promise<string> {
  if (build.time !== undefined) return build.time;
  const key = stepKey(['image', JSON.stringify(config)]);
  const known = await build.cache.find(key, build.namesOf(build.target));
  if (known !== undefined) return known.created;
  const created = new Date().toISOString();
  build.cache.keep({ key, created, description: 'exporting to image', type: 'image' });
  return created;
}
