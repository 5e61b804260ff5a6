/** What steps are called, as BuildKit has it: `[stage 2/5] RUN make`. */
import type { Dockerfile, Instruction, Stage } from '../../build/dockerfile/ast.ts';
import type { BuildStep } from './request.ts';

/** Instructions that are steps of their own; the others only change the image's configuration. */
function isStep({ kind }: Instruction): boolean {
  return kind === 'RUN' || kind === 'COPY' || kind === 'ADD' || kind === 'WORKDIR';
}

/** Numbers and names the steps of a build. One serves all platforms. */
export class StepNames {
  private last = 0;

  constructor(private readonly dockerfile: Dockerfile) {}

  /**
   * The steps of a stage by their instructions.
   * @param prefix `linux/arm64`, where there are several platforms
   */
  ofStage(stage: Stage, prefix: string | undefined): Map<Stage | Instruction, BuildStep> {
    const instructions = stage.instructions.filter(isStep);
    const total = instructions.length + 1;
    const steps = new Map<Stage | Instruction, BuildStep>();
    let inputs: number[] = [];
    for (const [i, item] of [stage, ...instructions].entries()) {
      const { text, lines } = item === stage ? stage.from : (item as Instruction);
      const words = [...(prefix ? [prefix] : []), ...this.stageWord(stage), `${i + 1}/${total}`];
      const step = { id: ++this.last, name: `[${words.join(' ')}] ${firstLine(text)}`, lines, inputs };
      steps.set(item, step);
      inputs = [step.id];
    }
    return steps;
  }

  /** One that was not planned: an instruction that comes with the base, from its ONBUILD or as it is a folder. */
  extra(stage: Stage, { text, lines }: Pick<Instruction, 'text' | 'lines'>): BuildStep {
    const words = [...this.stageWord(stage), 'base'];
    return { id: ++this.last, name: `[${words.join(' ')}] ${firstLine(text)}`, lines };
  }

  /** One of the build itself, not of an instruction. */
  own(name: string): BuildStep {
    return { id: ++this.last, name };
  }

  private stageWord(stage: Stage): string[] {
    if (stage.name !== undefined) return [stage.name];
    return this.dockerfile.stages.length > 1 ? [`stage-${stage.index}`] : [];
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}
