/** The builds of a bake on one display, with what is told at their end. */
import type { BakePlan } from '../../build/bake/resolve.ts';
import { FdWriter } from '../../core/output.ts';
import type { Engine } from '../../engine/engine.ts';
import { buildError, failureText } from '../build/failure.ts';
import { buildMetadata, writeResultFile } from '../build/metadata-file.ts';
import { openDisplay, progressKind } from '../build/progress/open-display.ts';
import { SeveralBuilds } from '../build/progress/several-builds.ts';
import type { BakeCommandOptions } from './bake.ts';
import { type BakeFailure, bakeTargets } from './bake-build.ts';

const STDERR = 2;

/** @returns the exit code */
export async function runBake(
  engine: Engine,
  plan: BakePlan,
  options: BakeCommandOptions,
  signal: AbortSignal,
): Promise<number> {
  const kind = progressKind(options.progress, false);
  const stderr = new FdWriter(STDERR);
  const display = new SeveralBuilds(await openDisplay(kind, (text) => void stderr.write(Buffer.from(text))));
  let failure: BakeFailure | undefined;
  try {
    const failed = (first: BakeFailure): void => {
      failure = first;
    };
    const results = await bakeTargets(engine, plan, display, signal, { allow: options.allow, failed });
    display.close(false);
    const built = [...results].filter((each) => typeof each[1] !== 'number');
    if (options['metadata-file'] !== undefined) {
      const metadata = built.map(([name, result]) => [
        name,
        typeof result === 'number' ? {} : buildMetadata(result, undefined),
      ]);
      writeResultFile(
        'metadata',
        options['metadata-file'],
        `${JSON.stringify(Object.fromEntries(metadata), null, 2)}\n`,
      );
    }
    return Math.max(0, ...[...results.values()].filter((result) => typeof result === 'number'));
  } catch (error) {
    display.close(true);
    const step = failure?.progress.failure;
    if (step !== undefined && kind !== 'rawjson')
      await stderr.write(
        Buffer.from(failureText(step, failure?.state.dockerfile, kind === 'plain' ? 10 : 100)),
      );
    throw buildError(error);
  }
}
