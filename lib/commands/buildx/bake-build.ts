/** The builds of a bake: all targets at once, those that others need before them. */
import { type BakePlan, neededTargets } from '../../build/bake/resolve.ts';
import type { Target } from '../../build/bake/target.ts';
import { parseFlags } from '../../cli/flags.ts';
import { writeFile } from '../../core/atomic-file.ts';
import { addContext, hasCode, ProaError } from '../../core/error.ts';
import { Staging } from '../../core/staging.ts';
import type { Engine } from '../../engine/engine.ts';
import { removeImage } from '../../engine/image/remove.ts';
import { refuseBuildOptions } from '../build/options/flow.ts';
import { buildOptions } from '../build/options.ts';
import { BuildProgress } from '../build/progress/progress.ts';
import type { SeveralBuilds } from '../build/progress/several-builds.ts';
import { type BuildState, type FinishedBuild, runBuild } from '../build/run-build.ts';
import { buildWords } from './bake-words.ts';

export interface BakeFailure {
  readonly target: string;
  readonly error: unknown;
  readonly progress: BuildProgress;
  readonly state: BuildState;
}

export interface BakeOptions {
  /** `--allow`: what targets may have that they ask for. */
  readonly allow: readonly string[];
  /** Called with the first build that fails; the others are stopped then. */
  failed(failure: BakeFailure): void;
}

/**
 * Builds all targets of the plan.
 * @returns what each of those came to that were asked for; a number where there was only something to show
 */
export async function bakeTargets(
  engine: Engine,
  plan: BakePlan,
  display: SeveralBuilds,
  signal: AbortSignal,
  options: BakeOptions,
): Promise<Map<string, FinishedBuild | number>> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const results = new Map<string, Promise<FinishedBuild | number>>();
  const images = new Map<string, string>();

  const build = async (name: string, target: Target): Promise<FinishedBuild | number> => {
    for (const needed of neededTargets(target)) {
      const result = await results.get(needed)!;
      if (typeof result !== 'number') images.set(needed, result.id!);
    }
    const isNeeded = [...plan.targets.values()].some((other) => neededTargets(other).includes(name));
    const progress = new BuildProgress(display.open(name));
    const state: BuildState = { warnings: [] };
    try {
      return await buildOne(
        engine,
        isNeeded ? stored(target) : target,
        images,
        progress,
        either,
        state,
        options.allow,
      );
    } catch (error) {
      const told = addContext(error, `target ${name}`);
      if (!stop.signal.aborted) options.failed({ target: name, error, progress, state });
      stop.abort(told);
      throw told;
    }
  };
  // In the plan's order, in which what is needed comes first.
  for (const [name, target] of plan.targets) {
    const result = build(name, target);
    // Who waits for it is told; others must not be ended by it.
    result.catch(() => {});
    results.set(name, result);
  }
  const ended = await Promise.allSettled(results.values());
  const done = new Map([...results.keys()].map((name, at) => [name, ended[at]!] as const));
  await removeUnnamed(engine, plan, done);
  if (stop.signal.aborted) throw stop.signal.reason;
  return new Map(
    plan.wanted.map((name) => {
      const result = done.get(name)!;
      if (result.status === 'rejected') throw result.reason;
      return [name, result.value] as const;
    }),
  );
}

async function buildOne(
  engine: Engine,
  target: Target,
  images: ReadonlyMap<string, string>,
  progress: BuildProgress,
  signal: AbortSignal,
  state: BuildState,
  allow: readonly string[],
): Promise<FinishedBuild | number> {
  checkEntitlements(target, allow);
  const { words, context, inline } = buildWords(target, images);
  using folder =
    inline === undefined ? undefined : Staging.open(engine.store.tmp, `bake-${crypto.randomUUID()}`);
  const all = [...words];
  if (folder !== undefined && inline !== undefined) {
    writeFile(`${folder.path}/Dockerfile`, inline);
    all.push(`--file=${folder.path}/Dockerfile`);
  }
  const { options, given } = parseFlags(all, buildOptions, { command: 'proa build' });
  refuseBuildOptions(options, given);
  return await runBuild(engine, options, context, progress, signal, state);
}

/** With an image here, by which others find it. */
function stored(target: Target): Target {
  const outputs = target.output ?? [];
  const isThere = outputs.some(
    ({ type, dest }) => type === 'image' || (type === 'docker' && dest === undefined),
  );
  return isThere || outputs.length === 0 ? target : { ...target, output: [...outputs, { type: 'docker' }] };
}

/** A bake file is often somebody else's: what a target may do to the machine is for the caller to say. */
function checkEntitlements(target: Target, allow: readonly string[]): void {
  const allowed = allow.flatMap((each) => each.split(','));
  const asked = new Set([
    ...(target.entitlements ?? []),
    ...(target.network === 'host' ? ['network.host'] : []),
  ]);
  const missing = [...asked].filter((each) => !allowed.includes(each));
  if (missing.length === 0) return;
  throw new ProaError('ENTITLEMENT_NEEDED', `the target asks for ${missing.join(', ')}`, {
    hint: `If you trust the file: ${missing.map((each) => `--allow=${each}`).join(' ')}`,
  });
}

/** Takes away images that only other targets needed, have no name, and are nobody's base. */
async function removeUnnamed(
  engine: Engine,
  plan: BakePlan,
  done: ReadonlyMap<string, PromiseSettledResult<FinishedBuild | number>>,
): Promise<void> {
  for (const [name, result] of done) {
    if (plan.wanted.includes(name) || result.status === 'rejected' || typeof result.value === 'number')
      continue;
    const { id, names } = result.value;
    if (id === undefined || names.length > 0) continue;
    try {
      await removeImage(engine, id, { keepParents: true });
    } catch (error) {
      // Two targets may come to the same image, and another bake may need it now.
      if (!hasCode(error, 'IMAGE_HAS_CHILDREN', 'IMAGE_HAS_NAMES', 'IMAGE_IN_USE', 'IMAGE_NOT_FOUND'))
        throw error;
    }
  }
}
