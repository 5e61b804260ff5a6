/** One build from its options to its results: the context opened, the Dockerfile read, the steps done, the result placed. */
import { dirname } from 'node:path/posix';
import type { Dockerfile } from '../../build/dockerfile/ast.ts';
import { parseDockerfile } from '../../build/dockerfile/parse.ts';
import { buildImage } from '../../engine/build/build.ts';
import { openContext } from '../../engine/build/context.ts';
import { type ExportResult, exportBuild } from '../../engine/build/export.ts';
import type { BuildRequest } from '../../engine/build/request.ts';
import type { Engine } from '../../engine/engine.ts';
import { amendDockerfile } from './amend-dockerfile.ts';
import { openNamedContexts } from './named-contexts.ts';
import { absolute } from './options/source.ts';
import type { BuildOptions } from './options.ts';
import type { BuildProgress } from './progress/progress.ts';
import { type BuildPlan, readPlan } from './read-plan.ts';

const STDIN = 0;

/** What is known of a build so far, for whoever has to tell of its end. */
export interface BuildState {
  dockerfile?: Dockerfile;
  readonly warnings: BuildWarning[];
}

export interface BuildWarning {
  readonly rule: string;
  readonly text: string;
  readonly lines?: { readonly first: number; readonly last: number };
}

/** @returns what there is now; undefined when there was only something to show, with the exit code */
export async function runBuild(
  engine: Engine,
  options: BuildOptions,
  contextText: string | undefined,
  progress: BuildProgress,
  signal: AbortSignal,
  state: BuildState,
): Promise<ExportResult | number> {
  const started = new Date();
  const plan = await readPlan(options);
  await using resources = new AsyncDisposableStack();
  const request = await openSources(engine, options, plan, contextText, progress, signal, resources);
  state.dockerfile = request.dockerfile;
  if (plan.call !== undefined) {
    progress.close(false);
    const { showCall } = await import('./call/show.ts');
    return await showCall(plan.call, request);
  }
  const { warningsOf } = await import('./warnings.ts');
  state.warnings.push(...warningsOf(request));
  await using result = await buildImage(engine, request, progress, signal);
  const { attestations, outputs, annotations } = plan;
  const attesting = await openAttesting(attestations, request, started);
  const { manifest: manifestList } = options;
  const exportOptions = {
    kind: request.format,
    annotations,
    signal,
    ...(manifestList !== undefined && { manifestList }),
  };
  return await exportBuild(engine, result.images, outputs, exportOptions, progress, attesting);
}

/** Opens all that the build reads. What is temporary of it goes with `resources`. */
async function openSources(
  engine: Engine,
  options: BuildOptions,
  plan: BuildPlan,
  contextText: string | undefined,
  progress: BuildProgress,
  signal: AbortSignal,
  resources: AsyncDisposableStack,
): Promise<BuildRequest> {
  const { file: files, ignorefile: ignoreFile } = options;
  // As podman: a Dockerfile alone is built in its own folder.
  const place = contextText ?? dirname(absolute(files[0]!));
  const opened = await progress.step('[internal] load build definition', async (step) => {
    const context = resources.use(
      await openContext(engine, place, STDIN, {
        files,
        defaultFiles: ['Dockerfile', 'Containerfile'],
        ...(ignoreFile !== undefined && { ignoreFile }),
        signal,
      }),
    );
    const { text, name } = context.dockerfile;
    const size = Buffer.byteLength(text);
    progress.progress(step, size, size, `transferring ${name}:`);
    return context;
  });
  const { context, dockerfile: written } = opened;
  const text = written.name.endsWith('.in') ? await preprocess(written, context.path, options) : written.text;
  const { from, env, target } = options;
  const dockerfile = amendDockerfile(parseDockerfile(text, written.name), { from, env, target });
  const namedContexts = await openNamedContexts(engine, options['build-context'], resources);
  return { ...plan.request, dockerfile, context, namedContexts };
}

async function preprocess(
  written: { text: string; name: string },
  folder: string,
  options: BuildOptions,
): Promise<string> {
  const { preprocessDockerfile } = await import('../../engine/build/preprocess.ts');
  return await preprocessDockerfile(written, folder, options['cpp-flag']);
}
