/** COPY and ADD as steps: by which keys their results are known, and how they are made. */
import type { CopyInstruction, Stage } from '../../build/dockerfile/ast.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { stepKey } from './cache.ts';
import { applyCopy, type CopyPlan, planCopy } from './copy.ts';
import type { LayerWork } from './layer-work.ts';
import type { PlatformBuild } from './platform-build.ts';
import { awaitStages, copyTree, fileSource } from './sources.ts';
import type { StageState } from './stage-state.ts';

/** @param instruction variables replaced */
export function filesStep(
  build: PlatformBuild,
  stage: Stage,
  state: StageState,
  instruction: CopyInstruction,
): LayerWork {
  const { engine, signal } = build;
  // Files that lie beside the image's own need not know these.
  const below = instruction.link ? [] : state.diffIds;
  const { lines: _l, text: _t, ...words } = instruction;
  const place = [below, state.workingDir, ownersKnownBy(instruction, state.diffIds)];
  let plan: CopyPlan | undefined;
  return {
    text: copyText(instruction),
    below,
    ready: () => awaitStages(build, stage, [instruction.from]),
    async *keys(step, sandbox) {
      const source = await fileSource(build, stage, instruction.from, step);
      // The same layers have the same files, and need not be looked at.
      if (source.kind === 'layers') yield stepKey([words, place, source.diffIds]);
      const tree = copyTree(source, (diffIds) => sandbox().view(diffIds), engine.store.tmp);
      plan = await planCopy(engine, tree, instruction, signal);
      const { from: _f, sources: _s, heredocs: _h, ...how } = words;
      yield stepKey([how, place, plan.digest]);
    },
    async make(mounted, sandbox) {
      const users =
        instruction.link && instruction.chown !== undefined ? sandbox.view(state.diffIds) : undefined;
      const { asPlanned } = await applyCopy(
        engine,
        plan!,
        { root: mounted.root, workdir: state.workingDir, ...(users && { users }) },
        signal,
      );
      return asPlanned;
    },
  };
}

/** Names of owners mean what the image's own files say. */
function ownersKnownBy({ chown }: CopyInstruction, diffIds: readonly Digest[]): readonly Digest[] {
  return chown === undefined || /^\d+(:\d+)?$/.test(chown) ? [] : [...diffIds];
}

/** `COPY --from=build /a /b`, as BuildKit's images have it. */
function copyText(instruction: CopyInstruction): string {
  const { kind, chown, chmod, from, link, parents, exclude, sources, heredocs, destination } = instruction;
  const flags = [
    ...(from === undefined ? [] : [`--from=${from}`]),
    ...(chown === undefined ? [] : [`--chown=${chown}`]),
    ...(chmod === undefined ? [] : [`--chmod=${chmod}`]),
    ...(link ? ['--link'] : []),
    ...(parents ? ['--parents'] : []),
    ...exclude.map((pattern) => `--exclude=${pattern}`),
  ];
  return [kind, ...flags, ...sources, ...heredocs.map(({ name }) => `<<${name}`), destination].join(' ');
}
