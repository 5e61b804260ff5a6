/** `--check`: what of a Dockerfile is better not done so (https://docs.docker.com/build/checks/). Nothing is built. */
import type { Platform } from '../../../oci/model/platform.ts';
import { IgnoreRules } from '../../ignore.ts';
import { BuildArgs } from '../args.ts';
import type { Dockerfile, Lines, Stage } from '../ast.ts';
import { expandFrom } from '../expand.ts';
import { Stages } from '../stages.ts';
import { checkFroms } from './from-rules.ts';
import { isAsked, type LintOptions, parseLintOptions } from './options.ts';
import { LINT_RULES, type LintRuleName, lintRuleUrl } from './rules.ts';
import { checkWords } from './stage-rules.ts';
import { StageWalk, type WalkedStage } from './stage-walk.ts';

export interface LintInput {
  readonly dockerfile: Dockerfile;
  readonly platform: Platform;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** Names of `--build-context`. */
  readonly contexts: ReadonlySet<string>;
  /** Only what this target needs is followed; without it, every stage. */
  readonly target?: string | undefined;
  /** Lines of .dockerignore. */
  readonly ignore: readonly string[];
  /** ENV of an image, where it is at hand. Of stages on others nothing is said about variables that are not set. */
  imageEnv?(image: string): ReadonlyMap<string, string> | undefined;
  /** Rules that are not asked otherwise (BUILDKIT_DOCKERFILE_CHECK_EXPERIMENTAL). */
  readonly experimental?: string | undefined;
}

export interface LintWarning {
  readonly rule: LintRuleName;
  /** What is wrong there. */
  readonly detail: string;
  /** What the rule is about. */
  readonly description: string;
  readonly url: string;
  readonly lines: Lines;
}

export interface LintResult {
  /** By line. */
  readonly warnings: readonly LintWarning[];
  /** The Dockerfile wants warnings to end the build. */
  readonly isError: boolean;
}

export type Report = (rule: LintRuleName, detail: string, lines: Lines) => void;

/**
 * @throws ProaError INVALID_CHECK for options that are not understood; DOCKERFILE_SYNTAX, STAGE_NOT_FOUND and STAGE_CYCLE
 *   for what the build itself would fail with
 */
export function lint(input: LintInput): LintResult {
  const options = lintOptions(input);
  const warnings: LintWarning[] = [];
  const report: Report = (rule, detail, lines) => {
    if (!isAsked(options, rule)) return;
    const { description } = LINT_RULES[rule];
    warnings.push({ rule, detail, description, url: lintRuleUrl(rule), lines });
  };
  const { dockerfile, platform, buildArgs } = input;
  const args = new BuildArgs(dockerfile, buildArgs, platform, input.target ?? '');
  checkWords(dockerfile, report);
  checkFroms(input, args, report);
  walkStages(input, args, report);
  warnings.sort((a, b) => a.lines.first - b.lines.first);
  return { warnings, isError: options.error && warnings.length > 0 };
}

function lintOptions({ dockerfile, buildArgs, experimental }: LintInput): LintOptions {
  const options = parseLintOptions(
    buildArgs.get('BUILDKIT_DOCKERFILE_CHECK') ?? dockerfile.directives.check ?? '',
  );
  return experimental === undefined
    ? options
    : { ...options, experimental: parseLintOptions(`experimental=${experimental}`).experimental };
}

/** Each stage behind those that it begins with. */
function walkStages(input: LintInput, args: BuildArgs, report: Report): void {
  const { dockerfile, contexts, target } = input;
  const rules = { escape: dockerfile.directives.escape };
  const stages = new Stages(dockerfile.stages, {
    base: ({ from }) => expandFrom(from, args.global, rules).image,
    isContext: (name) => contexts.has(name),
  });
  const walked = new Map<Stage, WalkedStage>();
  const needed =
    target === undefined
      ? stages.all.map((stage) => stages.order(stage))
      : [stages.order(stages.target(target))];
  for (const stage of new Set(needed.flat().sort((a, b) => a.index - b.index))) {
    const base = stages.base(stage);
    const image = expandFrom(stage.from, args.global, rules).image;
    const begin = (base && walked.get(base)) ?? imageBegin(input, image);
    walked.set(stage, new StageWalk(dockerfile, args, begin, ignoreRules(input), report).run(stage));
  }
}

function imageBegin({ imageEnv, contexts }: LintInput, image: string): WalkedStage {
  const env = image === 'scratch' && !contexts.has(image) ? new Map<string, string>() : imageEnv?.(image);
  // Every process of a build has a PATH.
  const known = new Map([['PATH', ''], ...(env ?? [])]);
  return { env: known, envKnown: env !== undefined, absoluteWorkdir: false, ownShell: false };
}

/** With exceptions it cannot be told by the name alone: what an ignored folder holds may be kept. */
function ignoreRules({ ignore }: LintInput): IgnoreRules | undefined {
  const hasExceptions = ignore.some((line) => line.trim().startsWith('!'));
  return ignore.length === 0 || hasExceptions ? undefined : new IgnoreRules(ignore);
}
