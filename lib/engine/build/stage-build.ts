/** One stage: its base, then its instructions one after the other. Each that may change files is a step with a key. */
import type {
  CopyInstruction,
  Instruction,
  RunInstruction,
  Stage,
  WordInstruction,
} from '../../build/dockerfile/ast.ts';
import { expandFrom, expandInstruction } from '../../build/dockerfile/expand.ts';
import { parseTrigger } from '../../build/dockerfile/parse.ts';
import { makeFolderInRoot, openInRoot } from '../../core/rooted.ts';
import { O } from '../../core/sys/file.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { stepKey } from './cache.ts';
import { applyMetadata, type MetadataInstruction, newWorkingDir } from './metadata.ts';
import type { PlatformBuild } from './platform-build.ts';
import type { BuildStep } from './request.ts';
import { runProcess, stepFailed } from './run-process.ts';
import { runCommand, runEnv, runFacts, runText } from './run-step.ts';
import { type MountedStep, Sandbox } from './sandbox.ts';
import { StageState } from './stage-state.ts';
import { stepContainer } from './step-container.ts';

/** What makes a step's files. */
type Work = (mounted: MountedStep, sandbox: Sandbox, step: BuildStep) => Promise<void>;

export class StageBuild {
  private state!: StageState;
  private sandbox: Sandbox | undefined;
  constructor(
    private readonly build: PlatformBuild,
    private readonly stage: Stage,
  ) {}

  /** @throws ProaError whatever the first step that fails throws; the rest of the build is to be stopped then */
  async run(): Promise<StageState> {
    await using _sandbox = { [Symbol.asyncDispose]: async () => this.sandbox?.[Symbol.asyncDispose]() };
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
    const { base, triggers } = await build.baseOf(stage, from);
    this.state = new StageState(base);
    return triggers.map((text) => ({ ...parseTrigger(text), lines: from.lines }));
  }

  private async apply(written: Instruction): Promise<void> {
    const { state, build } = this;
    const instruction = expandInstruction(written, state.variables, build.rules);
    switch (instruction.kind) {
      case 'ARG':
        for (const { name, value } of instruction.args) {
          const known = build.args.inStage(name, value);
          state.args.set(name, known);
          state.noteMetadata(`ARG ${name}${known === undefined ? '' : `=${known}`}`);
        }
        return;
      case 'RUN':
        return await this.runStep(written, instruction);
      case 'COPY':
      case 'ADD':
        return await this.copyStep(written, instruction);
      case 'WORKDIR':
        return await this.workdirStep(written, instruction as WordInstruction);
      default:
        applyMetadata(state, instruction as MetadataInstruction);
    }
  }

  private async runStep(written: Instruction, instruction: RunInstruction): Promise<void> {
    const { state, build } = this;
    const { engine, request } = build;
    const command = runCommand(instruction, state.shell);
    const key = stepKey([state.diffIds, ...runFacts(state, instruction, command)]);
    const text = runText(state, command);
    await this.layerStep(written, key, text, async (mounted, sandbox, step) => {
      const config = stepContainer(
        engine,
        sandbox.id,
        {
          args: command.args,
          env: runEnv(state, build.args.proxies),
          workingDir: state.workingDir,
          user: state.config.User ?? '',
          network: instruction.network ?? request.network,
          privileged: instruction.security === 'insecure',
          devices: instruction.devices,
        },
        request.limits,
      );
      const code = await runProcess(engine, sandbox, config, mounted.root, [], {
        output: (stream, bytes) => build.observer.output(step, stream, bytes),
        signal: build.signal,
        ...(request.stdin && { stdin: true }),
        runtimeFlags: request.limits.runtimeFlags,
      });
      if (code !== 0) throw stepFailed(command.args.join(' '), code);
    });
  }

  private async copyStep(_written: Instruction, instruction: CopyInstruction): Promise<void> {
    throw new Error(`${instruction.kind}`);
  }

  private async workdirStep(written: Instruction, { word }: WordInstruction): Promise<void> {
    const { state } = this;
    const folder = newWorkingDir(state, word);
    state.config.WorkingDir = folder;
    const key = stepKey([state.diffIds, 'WORKDIR', folder]);
    await this.layerStep(written, key, `WORKDIR ${folder}`, async ({ root }) => {
      using found = openInRoot(root, folder, O.PATH | O.DIRECTORY);
      if (found === undefined) makeFolderInRoot(root, folder);
    });
  }

  /** A step that may change files: from the cache, or done and kept. */
  private async layerStep(written: Instruction, key: string, text: string, work: Work): Promise<void> {
    const { state, build } = this;
    const step = build.stepOf(this.stage, written);
    const { observer, cache } = build;
    observer.started(step);
    try {
      const known = await cache.find(key, build.namesOf(this.stage));
      if (known !== undefined) {
        state.noteLayer(text, known.diffId, build.time ?? known.created);
        observer.ended(step, 'cached');
        return;
      }
      const { diffId, created } = await build.slots.use(() => this.perform(step, work));
      cache.keep({ key, ...(diffId && { diffId }), created, description: step.name, type: 'regular' });
      state.noteLayer(text, diffId, build.time ?? created);
      observer.ended(step, 'done');
    } catch (error) {
      if (build.signal.aborted) observer.ended(step, 'cancelled');
      else observer.failed(step, error);
      throw error;
    }
  }

  private async perform(
    step: BuildStep,
    work: Work,
  ): Promise<{ diffId: Digest | undefined; created: string }> {
    const { build, state } = this;
    build.signal.throwIfAborted();
    this.sandbox ??= new Sandbox(build.engine);
    using mounted = this.sandbox.mount(state.diffIds);
    await work(mounted, this.sandbox, step);
    mounted.unmount();
    const made = await mounted.layer.publish(mounted.lower, build.request.timestamp);
    if (made !== undefined) build.lease.hold(made.held);
    return { diffId: made?.record.diffId, created: new Date().toISOString() };
  }
}
