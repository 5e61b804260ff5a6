/** `--call check`: the build checks' findings, each with its lines. */
import type { Dockerfile } from '../../../build/dockerfile/ast.ts';
import type { LintResult } from '../../../build/dockerfile/lint/lint.ts';
import { sourceText } from '../failure.ts';
import { location, sourcesOf } from './document.ts';

export function checkText({ warnings }: LintResult, dockerfile: Dockerfile): string {
  if (warnings.length === 0) return 'Check complete, no warnings found.\n';
  const count = warnings.length === 1 ? '1 warning has' : `${warnings.length} warnings have`;
  const findings = warnings.map(
    ({ rule, url, detail, lines }) =>
      `\nWARNING: ${rule} - ${url}\n${detail}\n${sourceText(dockerfile, lines)}`,
  );
  return `Check complete, ${count} been found!\n${findings.join('')}`;
}

/** The members of BuildKit's answer (`subrequests.lint`). */
export function checkDocument({ warnings }: LintResult, dockerfile: Dockerfile): object {
  return {
    warnings: warnings.map(({ rule, description, url, detail, lines }) => ({
      ruleName: rule,
      description,
      url,
      detail,
      location: location(lines),
    })),
    sources: sourcesOf(dockerfile),
  };
}
