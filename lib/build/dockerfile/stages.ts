/** Which stage a name means, and which stages a target needs (Dockerfile reference, "FROM", "COPY --from"). */
import { ProaError } from '../../core/error.ts';
import { nearest } from '../../core/nearest.ts';
import type { Instruction, Stage } from './ast.ts';
import { mountOrigin } from './run-mount.ts';

interface StageNames {
  /** The image or stage of FROM, its variables replaced. */
  base(stage: Stage): string;
  /** Whether `--build-context` has this name: it stands for any stage or image of that name. */
  isContext(name: string): boolean;
}

export class Stages {
  constructor(
    readonly all: readonly Stage[],
    private readonly names: StageNames,
  ) {}

  /**
   * What `--target` means: a name in whatever letters, or a number; without one the last stage.
   * @throws ProaError STAGE_NOT_FOUND with the nearest name
   */
  target(name: string | undefined): Stage {
    if (name === undefined) return this.all.at(-1)!;
    const found = this.all.find((stage) => stage.name === name.toLowerCase()) ?? this.numbered(name);
    if (found !== undefined) return found;
    throw notFound(`no stage is named ${JSON.stringify(name)}`, name, this.all);
  }

  /** The stage that FROM continues: one before it, by its name alone. undefined: an image, a context or scratch. */
  base(stage: Stage): Stage | undefined {
    const name = this.names.base(stage);
    return this.names.isContext(name) ? undefined : named(this.all.slice(0, stage.index), name);
  }

  /**
   * The stage that `COPY --from` or a mount's `from` in this stage means, by name or number: the last before it of that
   * name, else one behind it. undefined: an image or a context.
   * @throws ProaError STAGE_NOT_FOUND for a number that no stage has, STAGE_CYCLE for the stage itself
   */
  source(stage: Stage, name: string): Stage | undefined {
    if (this.names.isContext(name)) return undefined;
    const found =
      named(this.all.slice(0, stage.index), name) ??
      this.all.slice(stage.index).find((each) => each.name === name.toLowerCase()) ??
      this.numbered(name);
    if (found === stage) throw stageCycle([stage, stage]);
    if (found === undefined && /^\d+$/.test(name)) {
      throw notFound(`there is no stage ${name}: they are 0 to ${this.all.length - 1}`, name, this.all);
    }
    return found;
  }

  /** The stages that this one takes something from, without repetition. Throws as {@link source}. */
  needs(stage: Stage): Stage[] {
    const sources = originsOf(stage.instructions).map((name) => this.source(stage, name));
    return [...new Set([this.base(stage), ...sources])].filter((each) => each !== undefined);
  }

  /**
   * The target and all that it needs, each behind what it needs itself.
   * @throws ProaError STAGE_CYCLE with the names, and as {@link source}
   */
  order(target: Stage): Stage[] {
    const ordered = new Set<Stage>();
    const visit = (stage: Stage, path: readonly Stage[]): void => {
      if (ordered.has(stage)) return;
      if (path.includes(stage)) throw stageCycle([...path.slice(path.indexOf(stage)), stage]);
      for (const needed of this.needs(stage)) visit(needed, [...path, stage]);
      ordered.add(stage);
    };
    visit(target, []);
    return [...ordered];
  }

  private numbered(text: string): Stage | undefined {
    return /^\d+$/.test(text) ? this.all[Number(text)] : undefined;
  }
}

/** The names behind `--from=` of COPY and `from=` of mounts, in their order. Throws ProaError DOCKERFILE_SYNTAX. */
function originsOf(instructions: readonly Instruction[]): string[] {
  return instructions
    .flatMap((instruction) => {
      if (instruction.kind === 'COPY') return [instruction.from];
      return instruction.kind === 'RUN' ? instruction.mounts.map(mountOrigin) : [];
    })
    .filter((name) => name !== undefined);
}

/** `stage 2 (app)`, for messages. */
function stageLabel({ index, name }: Stage): string {
  return name === undefined ? `stage ${index}` : `stage ${index} (${name})`;
}

function named(stages: readonly Stage[], name: string): Stage | undefined {
  return stages.findLast((stage) => stage.name === name.toLowerCase());
}

function notFound(why: string, name: string, stages: readonly Stage[]): ProaError {
  const names = stages.map((stage) => stage.name).filter((each) => each !== undefined);
  const near = nearest(name, names);
  const known = names.length === 0 ? 'no stage has a name: use a number' : `there are ${names.join(', ')}`;
  return new ProaError('STAGE_NOT_FOUND', why, {
    hint: near === undefined ? known : `did you mean ${near}?`,
  });
}

/** @param stages each needs the next, and the last is the first again */
export function stageCycle(stages: readonly Stage[]): ProaError {
  const path = stages.map(stageLabel).join(' → ');
  return new ProaError('STAGE_CYCLE', `stages need each other: ${path}`, {
    hint: 'move what both need to a stage of its own',
  });
}
