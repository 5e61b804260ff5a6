/** `build`: from a Dockerfile and a context to images. Nothing is named here, and nothing of the steps' own stays. */
import { span } from '../../core/trace.ts';
import { formatPlatform } from '../../oci/model/platform.ts';
import { LayerLease, syncLayers } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { BuildCache } from './cache.ts';
import type { ImportedCache, ImportOptions } from './cache-import.ts';
import { clearKilledBuilds } from './leftovers.ts';
import { type BuildShared, PlatformBuild, slotsFor } from './platform-build.ts';
import type { BuildObserver, BuildRequest, BuildResult, BuildStep, BuiltImage } from './request.ts';
import { StepNames } from './step-names.ts';

/**
 * Builds an image for each platform that is asked for.
 * @param signal ends it: what runs is killed, and all is taken down that it had
 * @throws ProaError BUILD_STEP_FAILED with the exit code of a RUN; IMAGE_NOT_FOUND, STAGE_NOT_FOUND, …; the signal's reason
 */
export async function buildImage(
  engine: Engine,
  request: BuildRequest,
  observer: BuildObserver,
  signal: AbortSignal,
): Promise<BuildResult> {
  using _ = span('build');
  await clearKilledBuilds(engine);
  await using made = new AsyncDisposableStack();
  const lease = made.use(new LayerLease());
  const stop = new AbortController();
  const names = new StepNames(request.dockerfile);
  const step = (name: string): BuildStep => names.own(name);
  const ended = AbortSignal.any([signal, stop.signal]);
  const imported = made.use(await importedCache({ engine, request, lease, observer, signal: ended, step }));
  const shared: BuildShared = {
    engine,
    request,
    observer,
    signal: ended,
    lease,
    cache: new BuildCache(engine, lease, request, imported),
    slots: slotsFor(request.jobs),
    names,
  };
  const builds = request.platforms.map((platform) => new PlatformBuild(shared, platform));
  plan(builds, observer);
  const images = await allOrNone(builds, stop);
  warnOfUnusedArgs(builds, observer);
  const diffIds = images.flatMap((image) => image.diffIds);
  syncLayers(engine.store, [...new Set(diffIds)]);
  if (request.cacheTo?.length) {
    const { exportCache } = await import('./cache-export.ts');
    const steps = shared.cache.used.values();
    await exportCache({ engine, request, observer, signal, steps, results: new Set(diffIds), step });
  }
  await tidyCache(engine, shared.cache);
  const held = made.move();
  return { images, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** A build that found all in the cache leaves nothing to tidy. */
async function tidyCache(engine: Engine, { grew, replaced }: BuildCache): Promise<void> {
  if (!grew) return;
  const { sweepUnreferenced } = await import('../image/sweep.ts');
  if (replaced.size > 0) sweepUnreferenced(engine, replaced);
  const { boundBuildCache } = await import('./cache-prune.ts');
  boundBuildCache(engine);
}

/** Nothing of it is loaded without `--cache-from`. */
async function importedCache(options: ImportOptions): Promise<ImportedCache | undefined> {
  if (!options.request.cacheFrom?.length) return undefined;
  const { ImportedCache } = await import('./cache-import.ts');
  return new ImportedCache(options);
}

function plan(builds: readonly PlatformBuild[], observer: BuildObserver): void {
  const steps = builds.flatMap((build) => {
    const prefix = builds.length > 1 ? formatPlatform(build.platform) : undefined;
    return build.plan(build.needed, prefix);
  });
  observer.planned?.(steps);
}

/** A misspelt `--build-arg` is no error, as one set of them may serve several Dockerfiles. */
function warnOfUnusedArgs(builds: readonly PlatformBuild[], observer: BuildObserver): void {
  const [first, ...others] = builds.map(({ args }) => args.unused);
  const unused = first!.filter((name) => others.every((names) => names.includes(name)));
  if (unused.length > 0) observer.warned(`no ARG asks for these build arguments: ${unused.join(', ')}`);
}

/** The first failure ends the rest, and is told when all of that is over. */
async function allOrNone(builds: readonly PlatformBuild[], stop: AbortController): Promise<BuiltImage[]> {
  let failure: unknown;
  const results = await Promise.allSettled(
    builds.map(async (build) => {
      try {
        return await build.run();
      } catch (error) {
        failure ??= error;
        stop.abort(error);
        throw error;
      } finally {
        await build.settled();
      }
    }),
  );
  if (failure !== undefined) throw failure;
  return results.map((result) => (result as PromiseFulfilledResult<BuiltImage>).value);
}
