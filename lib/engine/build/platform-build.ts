/** A build for one platform: what its stages share, and the stages that the target needs, side by side. */

import { BuildArgs } from '../../build/dockerfile/args.ts';
import type { FromInstruction, Instruction, Stage } from '../../build/dockerfile/ast.ts';
import { type ExpandRules, expandFrom } from '../../build/dockerfile/expand.ts';
import { Stages, stageCycle } from '../../build/dockerfile/stages.ts';
import { Slots } from '../../core/slots.ts';
import { type Platform, parsePlatform } from '../../oci/model/platform.ts';
import type { LayerLease } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { resolveBase, scratch } from './base-image.ts';
import type { BuildCache } from './cache.ts';
import { finishImage } from './finish-image.ts';
import type { BuildMaterial, BuildObserver, BuildRequest, BuildStep, BuiltImage } from './request.ts';
import { StageBuild } from './stage-build.ts';
import type { StageBase, StageState } from './stage-state.ts';
import type { StepNames } from './step-names.ts';

/** What all platforms of a build share. */
export interface BuildShared {
  readonly engine: Engine;
  readonly request: BuildRequest;
  readonly observer: BuildObserver;
  /** Aborted when a step fails, too. */
  readonly signal: AbortSignal;
  readonly lease: LayerLease;
  readonly cache: BuildCache;
  readonly slots: Slots;
  readonly names: StepNames;
}

export class PlatformBuild {
  readonly engine: Engine;
  readonly request: BuildRequest;
  readonly observer: BuildObserver;
  readonly signal: AbortSignal;
  readonly lease: LayerLease;
  readonly cache: BuildCache;
  readonly slots: Slots;
  readonly args: BuildArgs;
  readonly materials: BuildMaterial[] = [];
  readonly stages: Stages;
  private readonly running = new Map<Stage, Promise<StageState>>();
  private readonly steps = new Map<Stage | Instruction, BuildStep>();

  constructor(
    private readonly shared: BuildShared,
    readonly platform: Platform,
  ) {
    const { engine, request, observer, signal, lease, cache, slots } = shared;
    this.engine = engine;
    this.request = request;
    this.observer = observer;
    this.signal = signal;
    this.lease = lease;
    this.cache = cache;
    this.slots = slots;
    const { dockerfile, buildArgs, target, namedContexts } = request;
    this.args = new BuildArgs(dockerfile, buildArgs, platform, target ?? '');
    this.stages = new Stages(dockerfile.stages, {
      base: ({ from }) => expandFrom(from, this.args.global, this.rules).image,
      isContext: (name) => namedContexts.has(name),
    });
  }

  /** How variables are replaced. */
  get rules(): ExpandRules {
    return { escape: this.request.dockerfile.directives.escape };
  }

  /** RFC 3339 for all that is made, when the request says one. */
  get time(): string | undefined {
    const { timestamp } = this.request;
    return timestamp === undefined ? undefined : new Date(timestamp * 1000).toISOString();
  }

  get target(): Stage {
    return this.stages.target(this.request.target);
  }

  /** The target and all that it needs, or just all. @throws ProaError STAGE_NOT_FOUND, STAGE_CYCLE */
  get needed(): readonly Stage[] {
    const goals = this.request.skipUnusedStages === false ? this.stages.all : [this.target];
    return [...new Set(goals.flatMap((stage) => this.stages.order(stage)))];
  }

  /** All stages that are needed begin at once, and wait for each other where one takes something from another. */
  async run(): Promise<BuiltImage> {
    await Promise.all(this.needed.map((stage) => this.stage(stage)));
    const { unused } = this.args;
    if (unused.length > 0)
      this.observer.warned(
        `one or more build-args [${unused.join(' ')}] were not consumed: no ARG asks for them`,
      );
    return await finishImage(this, await this.stage(this.target));
  }

  /** The stage's result; it is begun when it is first asked for. */
  stage(stage: Stage): Promise<StageState> {
    let state = this.running.get(stage);
    if (state === undefined) {
      state = new StageBuild(this, stage).run();
      // Who waits for it is told; others must not be ended by it.
      state.catch(() => {});
      this.running.set(stage, state);
    }
    return state;
  }

  /** Waits until no stage is at work any more, however they end. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.running.values());
  }

  /** Numbers and names the steps of the stages that there will be. */
  plan(stages: readonly Stage[], prefix: string | undefined): BuildStep[] {
    // A stage that continues another one has nothing to do for it.
    for (const stage of stages)
      for (const [item, step] of this.shared.names.ofStage(stage, prefix))
        if (item !== stage || this.stages.base(stage) === undefined) this.steps.set(item, step);
    return [...this.steps.values()];
  }

  stepOf(stage: Stage, item: Stage | Instruction): BuildStep {
    return this.steps.get(item) ?? this.shared.names.extra(stage, item as Instruction);
  }

  /** What `--no-cache-filter` may call a stage. */
  namesOf(stage: Stage): string[] {
    return [String(stage.index), ...(stage.name === undefined ? [] : [stage.name])];
  }

  /**
   * The stage that `from=` in this one means; undefined: a context or an image. What a base image's ONBUILD takes was not
   * foreseen when the stages were put in order, so that it may use those before it alone: nobody waits for himself.
   * @throws ProaError STAGE_NOT_FOUND, STAGE_CYCLE
   */
  sourceStage(stage: Stage, from: string): Stage | undefined {
    const found = this.stages.source(stage, from);
    if (found === undefined || this.stages.needs(stage).includes(found)) return found;
    if (found.index > stage.index || this.stages.order(found).includes(stage))
      throw stageCycle([stage, found, stage]);
    return found;
  }

  /**
   * Where a stage begins, and what its base has for its children.
   * @param stage the one that begins so
   */
  async baseOf(
    stage: Stage,
    from: FromInstruction,
  ): Promise<{ base: StageBase; triggers: readonly string[] }> {
    const earlier = this.stages.base(stage);
    if (earlier !== undefined) return await this.stageBase(earlier);
    const platform = this.platformOf(from);
    const step = this.stepOf(stage, stage);
    this.observer.started(step);
    try {
      const { base, triggers } = await this.imageBase(from.image, platform, step);
      this.observer.ended(step, 'done');
      return { base, triggers };
    } catch (error) {
      if (this.signal.aborted) this.observer.ended(step, 'cancelled');
      else this.observer.failed(step, error);
      throw error;
    }
  }

  /** What `FROM --platform` says, else the build's. */
  platformOf({ platform }: FromInstruction): Platform {
    return platform === undefined ? this.platform : parsePlatform(platform);
  }

  private async stageBase(stage: Stage): Promise<{ base: StageBase; triggers: readonly string[] }> {
    const { OnBuild: triggers = [], ...config } = (await this.stage(stage)).config;
    return { base: { ...(await this.stage(stage)).asBase(), config }, triggers };
  }

  /** An image as a base, leased. */
  async imageBase(
    name: string,
    platform: Platform,
    step: BuildStep,
  ): Promise<{ base: StageBase; triggers: readonly string[] }> {
    if (name === 'scratch') return { base: scratch(platform), triggers: [] };
    const context = this.request.namedContexts.get(name);
    const place = context?.kind === 'image' ? context.reference : name;
    const resolved = await resolveBase(this.engine, place, this.lease, {
      platform,
      request: this.request,
      signal: this.signal,
      progress: (done, total, part) => this.observer.progress(step, done, total, part),
    });
    if (!this.materials.some(({ name: known }) => known === resolved.material.name))
      this.materials.push(resolved.material);
    return resolved;
  }
}

/** How many stages work at once. */
export function slotsFor(jobs: number): Slots {
  return new Slots(jobs > 0 ? jobs : Number.POSITIVE_INFINITY);
}
