/** What is said of a Dockerfile that builds and could be better. */
import type { Lines } from '../../build/dockerfile/ast.ts';
import { type LintResult, lint } from '../../build/dockerfile/lint/lint.ts';
import { ProaError } from '../../core/error.ts';
import type { BuildRequest } from '../../engine/build/request.ts';
import type { Engine } from '../../engine/engine.ts';
import { hostPlatform } from '../../oci/model/platform.ts';
import { findImage, readImageConfig } from '../../storage/images.ts';

export interface BuildWarning {
  /** The rule's name; none for what the build itself has to say. */
  readonly rule?: string;
  readonly text: string;
  readonly lines?: Lines | undefined;
}

/** Checks the Dockerfile, with what the store knows of its base images. @throws ProaError INVALID_CHECK, … */
export function lintRequest(engine: Engine, request: BuildRequest): LintResult {
  const { dockerfile, platforms, buildArgs, namedContexts, target, context } = request;
  return lint({
    dockerfile,
    platform: platforms[0] ?? hostPlatform(),
    buildArgs,
    contexts: new Set(namedContexts.keys()),
    target,
    ignore: context.ignore,
    imageEnv: (image) => imageEnv(engine, image),
    experimental: buildArgs.get('BUILDKIT_DOCKERFILE_CHECK_EXPERIMENTAL'),
  });
}

function imageEnv({ store }: Engine, name: string): ReadonlyMap<string, string> | undefined {
  const image = findImage(store, name);
  if (image === undefined) return undefined;
  const { Env = [] } = readImageConfig(store, image).config;
  return new Map((Env ?? []).map((text) => [text.replace(/=.*$/s, ''), text.replace(/^[^=]*=?/, '')]));
}

/**
 * The warnings of the checks, for the end of a build.
 * @throws ProaError LINT_VIOLATION when the Dockerfile wants them to end it (`# check=error=true`)
 */
export function buildWarnings(engine: Engine, request: BuildRequest): BuildWarning[] {
  const { warnings, isError } = lintRequest(engine, request);
  if (isError && warnings.length > 0) {
    const rules = [...new Set(warnings.map(({ rule }) => rule))].join(', ');
    throw new ProaError(
      'LINT_VIOLATION',
      `check ${request.dockerfile.name}: it breaks rules that it wants kept: ${rules}`,
      {
        hint: 'See where: proa build --check',
      },
    );
  }
  return warnings.map(({ rule, detail, lines }) => ({ rule, text: detail, lines }));
}

/** Said at the end of a build, in BuildKit's form. */
export function warningSummary(warnings: readonly BuildWarning[]): string {
  const count = `${warnings.length} warning${warnings.length === 1 ? '' : 's'} found`;
  const lines = warnings.map((warning) => {
    const place = warning.lines === undefined ? '' : ` (line ${warning.lines.first})`;
    return ` - ${warningText(warning)}${place}\n`;
  });
  return `\n ${count} (more about them: proa build --check):\n${lines.join('')}`;
}

export function warningText({ rule, text }: BuildWarning): string {
  return rule === undefined ? text : `${rule}: ${text}`;
}
