/** `--call targets`: the stages that can be built, and what their comments say of them. */
import type { Dockerfile, Stage } from '../../../build/dockerfile/ast.ts';
import { describedBy } from '../../../build/dockerfile/outline.ts';
import { alignColumns } from '../../../cli/table.ts';
import { location, sourcesOf } from './document.ts';

export function targetsText(dockerfile: Dockerfile): string {
  const rows = dockerfile.stages.map((stage) => {
    const last = isLast(dockerfile, stage) ? ' (default)' : '';
    return [`${stage.from.as ?? stage.index}${last}`, descriptionOf(stage)];
  });
  return alignColumns([['TARGET', 'DESCRIPTION'], ...rows]);
}

/** The members of BuildKit's answer (`subrequests.targets`). */
export function targetsDocument(dockerfile: Dockerfile): object {
  const targets = dockerfile.stages.map((stage) => {
    const description = descriptionOf(stage);
    return {
      ...(stage.from.as !== undefined && { name: stage.from.as }),
      ...(isLast(dockerfile, stage) && { default: true }),
      ...(description !== '' && { description }),
      base: stage.from.image,
      ...(stage.from.platform !== undefined && { platform: stage.from.platform }),
      location: location(stage.from.lines),
    };
  });
  return { targets, sources: sourcesOf(dockerfile) };
}

/** A comment right above the FROM that begins with the stage's name. */
function descriptionOf({ from }: Stage): string {
  return describedBy(from.comments, from.as);
}

function isLast({ stages }: Dockerfile, stage: Stage): boolean {
  return stage.index === stages.length - 1;
}
