/** What is said of a Dockerfile that builds and could be better. */
import type { Lines } from '../../build/dockerfile/ast.ts';

export interface BuildWarning {
  /** The rule's name; none for what the build itself has to say. */
  readonly rule?: string;
  readonly text: string;
  readonly lines?: Lines | undefined;
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
