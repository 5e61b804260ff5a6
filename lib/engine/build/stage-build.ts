/** One stage: its base, then its instructions one after the other. Each that may change files is a step with a key. */
import { normalize } from 'node:path/posix';
import type {
  ArgInstruction,
  CopyInstruction,
  FromInstruction,
  Instruction,
  Stage,
  WordInstruction,
} from '../../build/dockerfile/ast.ts';
import { expandFrom, expandInstruction } from '../../build/dockerfile/expand.ts';
import { parseTrigger } from '../../build/dockerfile/parse.ts';
import { within } from '../../build/dockerfile/syntax-error.ts';
import { newWorkingDir } from '../../build/image-defaults.ts';
import { ProaError } from '../../core/error.ts';
import { makeFolderInRoot, openInRoot } from '../../core/rooted.ts';
import { O } from '../../core/sys/file.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { scratch } from './base-image.ts';
import { stepKey } from './cache.ts';
import type { LayerWork } from './layer-work.ts';
import { applyMetadata, type MetadataInstruction } from './metadata.ts';
import type { PlatformBuild } from './platform-build.ts';
import type { BuildStep } from './request.ts';
import { Sandbox } from './sandbox.ts';
import { StageState } from './stage-state.ts';

export class StageBuild {
  private state!: StageState;
  private made: Sandbox | undefined;

  constructor(
    private readonly build: PlatformBuild,
    private readonly stage: Stage,
  ) {}

  /** @throws ProaError whatever the first step that fails throws; the rest of the build is to be stopped then */
  async run(): Promise<StageState> {
    await using _sandbox = { [Symbol.asyncDispose]: async () => this.made?.[Symbol.asyncDispose]() };
    const triggers = await this.begin();
    for (const instruction of [...triggers, ...this.stage.instructions]) {
      this.build.signal.throwIfAborted();
      await this.apply(instruction);
    }
    return this.state;
  }

  /** Takes the base. @returns instructions that it has for its children */
  private async begin(): Promise<Instruction[]> {
    const { build, stage } = this;
    const from = expandFrom(stage.from, build.args.global, build.rules);
    if (build.request.namedContexts.get(from.image)?.kind === 'folder') return this.beginWithFolder(from);
    const { base, triggers } = await build.baseOf(stage, from);
    this.state = new StageState(base);
    return within(`ONBUILD of ${from.image}`, () =>
      triggers.map((text) => ({ ...parseTrigger(text), lines: from.lines })),
    );
  }

  /** `--build-context base=FOLDER` and `FROM base`: its files are the base. */
  private beginWithFolder(from: FromInstruction): Instruction[] {
    const { build, stage } = this;
    const step = build.stepOf(stage, stage);
    build.observer.started(step);
    this.state = new StageState(scratch(build.platformOf(from)));
    build.observer.ended(step, 'done');
    const all = parseTrigger('COPY . /') as CopyInstruction;
    return [{ ...all, from: from.image, lines: from.lines }];
  }

  private async apply(written: Instruction): Promise<void> {
    const { state, build, stage } = this;
    const place = `${build.request.dockerfile.name}:${written.lines.first}: ${written.kind}`;
    if (written.kind === 'ARG') return within(place, () => this.declare(written));
    const instruction = within(place, () => expandInstruction(written, state.variables, build.rules));
    switch (instruction.kind) {
      case 'RUN': {
        const { runWork } = await import('./run-work.ts');
        return await this.layerStep(written, () => runWork(build, stage, state, instruction));
      }
      case 'COPY':
      case 'ADD': {
        const { filesStep } = await import('./files-step.ts');
        return await this.layerStep(written, () => filesStep(build, stage, state, instruction));
      }
      case 'WORKDIR':
        return await this.layerStep(written, () => this.workdir(instruction as WordInstruction));
      default:
        within(place, () => applyMetadata(state, instruction as MetadataInstruction));
    }
  }

  private declare(instruction: ArgInstruction): void {
    const { state, build } = this;
    for (const [name, value] of build.args.declared(instruction, () => state.variables, build.rules)) {
      state.args.set(name, value);
      state.noteMetadata(`ARG ${name}${value === undefined ? '' : `=${value}`}`);
    }
  }

  private workdir({ word }: WordInstruction): LayerWork {
    const { state } = this;
    const folder = newWorkingDir(state.config, word);
    state.config.WorkingDir = folder;
    return {
      text: `WORKDIR ${folder}`,
      below: state.diffIds,
      async *keys() {
        yield stepKey([state.diffIds, 'WORKDIR', folder]);
      },
      async make({ root }) {
        makeFolderInRoot(root, normalize(folder));
        using made = openInRoot(root, normalize(folder), O.PATH | O.DIRECTORY);
        if (made === undefined) {
          throw new ProaError('NOT_A_FOLDER', `WORKDIR ${folder}: it is there, and it is no folder`, {
            hint: 'Name another folder, or remove the file before',
          });
        }
        return true;
      },
    };
  }

  /** A step that may change files: from the cache, or done and kept. */
  private async layerStep(written: Instruction, plan: () => LayerWork): Promise<void> {
    const { state, build } = this;
    const { observer } = build;
    const step = build.stepOf(this.stage, written);
    let started = false;
    try {
      const work = plan();
      await work.ready?.();
      build.signal.throwIfAborted();
      observer.started(step);
      started = true;
      const { how, diffId, created } = await this.resultOf(work, step);
      state.noteLayer(work.text, diffId, build.time ?? created);
      observer.ended(step, how);
    } catch (error) {
      if (build.signal.aborted) {
        if (started) observer.ended(step, 'cancelled');
      } else observer.failed(step, error);
      throw error;
    }
  }

  private async resultOf(
    work: LayerWork,
    step: BuildStep,
  ): Promise<{ how: 'cached' | 'done'; diffId: Digest | undefined; created: string }> {
    const { build, stage } = this;
    const { cache } = build;
    const keys: string[] = [];
    const keep = (
      type: 'regular' | 'alias',
      key: string,
      diffId: Digest | undefined,
      created: string,
    ): void => cache.keep({ key, ...(diffId && { diffId }), created, description: step.name, type });
    for await (const key of work.keys(step, () => this.sandbox)) {
      const known = await cache.find(key, build.namesOf(stage));
      if (known !== undefined) {
        for (const cheaper of keys) keep('alias', cheaper, known.diffId, known.created);
        return { how: 'cached', ...known };
      }
      keys.push(key);
    }
    const { diffId, asPlanned } = await build.slots.use(() => this.perform(step, work));
    const created = new Date().toISOString();
    if (asPlanned)
      for (const [i, key] of keys.entries())
        keep(i === keys.length - 1 ? 'regular' : 'alias', key, diffId, created);
    return { how: 'done', diffId, created };
  }

  private async perform(
    step: BuildStep,
    work: LayerWork,
  ): Promise<{ diffId: Digest | undefined; asPlanned: boolean }> {
    const { build, sandbox } = this;
    build.signal.throwIfAborted();
    using mounted = sandbox.mount(work.below);
    const asPlanned = await work.make(mounted, sandbox, step);
    mounted.unmount();
    const made = await mounted.layer.publish(mounted.lower, build.request.timestamp);
    if (made !== undefined) build.lease.hold(made.held);
    return { diffId: made?.record.diffId, asPlanned };
  }

  /** Made when the first step needs one: a build that is all in the cache needs none. */
  private get sandbox(): Sandbox {
    this.made ??= new Sandbox(this.build.engine);
    return this.made;
  }
}
