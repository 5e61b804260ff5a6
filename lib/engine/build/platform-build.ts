/** A build for one platform: what its stages share, and the stages that the target needs, side by side. */
import type { FromInstruction, Instruction, Stage } from '../../build/dockerfile/ast.ts';
import type { ExpandRules } from '../../build/dockerfile/expand.ts';
import { ProaError } from '../../core/error.ts';
import { Slots } from '../../core/slots.ts';
import { type Platform, parsePlatform } from '../../oci/model/platform.ts';
import type { LayerLease } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { resolveBase, scratch } from './base-image.ts';
import { BuildArgs } from './build-args.ts';
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
  private readonly stages = new Map<Stage, Promise<StageState>>();
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
    this.args = new BuildArgs(request.dockerfile, request.buildArgs, platform, this.target.name ?? '');
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
    const { dockerfile, target } = this.request;
    if (target === undefined) return dockerfile.stages.at(-1)!;
    const stage = this.findStage(target);
    if (stage !== undefined) return stage;
    throw new ProaError('STAGE_NOT_FOUND', `target stage ${JSON.stringify(target)} could not be found`);
  }

  async run(): Promise<BuiltImage> {
    const state = await this.stage(this.target);
    return await finishImage(this, state);
  }

  /** The stage's result; it is begun when it is first asked for. */
  stage(stage: Stage): Promise<StageState> {
    let state = this.stages.get(stage);
    if (state === undefined) {
      state = new StageBuild(this, stage).run();
      // Who waits for it is told; others must not be ended by it.
      state.catch(() => {});
      this.stages.set(stage, state);
    }
    return state;
  }

  /** Waits until no stage is at work any more, however they end. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.stages.values());
  }

  /** Numbers and names the steps of the stages that there will be. */
  plan(stages: readonly Stage[], prefix: string | undefined): BuildStep[] {
    for (const stage of stages)
      for (const [item, step] of this.shared.names.ofStage(stage, prefix)) this.steps.set(item, step);
    return [...this.steps.values()];
  }

  stepOf(stage: Stage, item: Stage | Instruction): BuildStep {
    return this.steps.get(item) ?? this.shared.names.extra(stage, item as Instruction);
  }

  /** What `--no-cache-filter` may call a stage. */
  namesOf(stage: Stage): string[] {
    return [String(stage.index), ...(stage.name === undefined ? [] : [stage.name])];
  }

  /** A stage by its name, or by its number. */
  findStage(text: string): Stage | undefined {
    const { stages } = this.request.dockerfile;
    const named = stages.find(({ name }) => name === text.toLowerCase());
    return named ?? (/^\d+$/.test(text) ? stages[Number(text)] : undefined);
  }

  /** A stage before this one, by its name or number. */
  earlierStage(stage: Stage, text: string): Stage | undefined {
    const numbered = /^\d+$/.test(text) ? this.request.dockerfile.stages[Number(text)] : undefined;
    return this.namedBefore(stage, text) ?? (numbered && numbered.index < stage.index ? numbered : undefined);
  }

  private namedBefore(stage: Stage, text: string): Stage | undefined {
    const { stages } = this.request.dockerfile;
    return stages.slice(0, stage.index).findLast(({ name }) => name === text.toLowerCase());
  }

  /**
   * Where a stage begins, and what its base has for its children.
   * @param stage the one that begins so
   */
  async baseOf(
    stage: Stage,
    from: FromInstruction,
  ): Promise<{ base: StageBase; triggers: readonly string[] }> {
    const earlier = this.request.namedContexts.has(from.image)
      ? undefined
      : this.namedBefore(stage, from.image);
    if (earlier !== undefined) return await this.stageBase(earlier);
    const platform = from.platform === undefined ? this.platform : parsePlatform(from.platform);
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
