/** One build from its options to its results: the context opened, the Dockerfile read, the steps done, the result placed. */
import { dirname } from 'node:path/posix';
import type { Dockerfile } from '../../build/dockerfile/ast.ts';
import { parseDockerfile } from '../../build/dockerfile/parse.ts';
import type { BuildFacts } from '../../engine/build/attest.ts';
import { buildImage } from '../../engine/build/build.ts';
import { type OpenedContext, openContext } from '../../engine/build/context.ts';
import { type Attesting, type ExportResult, exportBuild } from '../../engine/build/export.ts';
import type { BuildRequest, BuildResult } from '../../engine/build/request.ts';
import type { Engine } from '../../engine/engine.ts';
import { amendDockerfile } from './amend-dockerfile.ts';
import { openNamedContexts } from './named-contexts.ts';
import { absolute } from './options/source.ts';
import type { BuildOptions } from './options.ts';
import type { BuildProgress } from './progress/progress.ts';
import { type BuildPlan, readPlan } from './read-plan.ts';
import type { BuildWarning } from './warnings.ts';

const STDIN = 0;

/** What is known of a build so far, for whoever has to tell of its end. */
export interface BuildState {
  dockerfile?: Dockerfile;
  readonly warnings: BuildWarning[];
}

export interface FinishedBuild extends ExportResult {
  /** How it was made, for `--metadata-file`. */
  readonly provenance?: object;
}

/** @returns what there is now; or the exit code when there was only something to show */
export async function runBuild(
  engine: Engine,
  options: BuildOptions,
  contextText: string | undefined,
  progress: BuildProgress,
  signal: AbortSignal,
  state: BuildState,
): Promise<FinishedBuild | number> {
  const started = new Date();
  const plan = await readPlan(options);
  const run = { engine, options, plan, progress, signal };
  await using resources = new AsyncDisposableStack();
  const request = await openSources(run, contextText, resources);
  state.dockerfile = request.dockerfile;
  if (plan.call !== undefined) {
    progress.close(false);
    const { showCall } = await import('./call/show.ts');
    return await showCall(engine, plan.call, request);
  }
  if (!options.quiet || request.dockerfile.directives.check !== undefined) {
    const { buildWarnings } = await import('./warnings.ts');
    state.warnings.push(...buildWarnings(engine, request));
  }
  await using result = await buildImage(engine, request, progress, signal);
  const contextUrl = contextText !== undefined && isRemote(contextText) ? { contextUrl: contextText } : {};
  const facts = { request, started, finished: new Date(), ...contextUrl };
  const placed = await placeResult(run, result, facts);
  state.warnings.push(...progress.warnings);
  return placed;
}

/** What all parts of one build need. */
interface BuildRun {
  readonly engine: Engine;
  readonly options: BuildOptions;
  readonly plan: BuildPlan;
  readonly progress: BuildProgress;
  readonly signal: AbortSignal;
}

function isRemote(context: string): boolean {
  return /^(https?|git|ssh):\/\/|^git@/.test(context);
}

/** Opens all that the build reads. What is temporary of it goes with `resources`. */
async function openSources(
  run: BuildRun,
  contextText: string | undefined,
  resources: AsyncDisposableStack,
): Promise<BuildRequest> {
  const { engine, options, plan, progress } = run;
  const { context, dockerfile: written } = await openDefinition(run, contextText, resources);
  const text = written.name.endsWith('.in') ? await preprocess(written, context.path, options) : written.text;
  const { from, env, target } = options;
  const dockerfile = amendDockerfile(parseDockerfile(text, written.name), { from, env, target });
  const namedContexts = await openNamedContexts(engine, options['build-context'], resources);
  const request = { ...plan.request, dockerfile, context, namedContexts };
  if (!options['all-platforms']) return request;
  const { basePlatforms } = await import('../../engine/build/base-platforms.ts');
  const platforms = await progress.step('[internal] load platforms of the base image', () =>
    basePlatforms(engine, dockerfile, request),
  );
  return { ...request, platforms };
}

async function openDefinition(
  { engine, options, progress, signal }: BuildRun,
  contextText: string | undefined,
  resources: AsyncDisposableStack,
): Promise<OpenedContext> {
  const { file: files, ignorefile: ignoreFile } = options;
  // As podman: a Dockerfile alone is built in its own folder.
  const place = contextText ?? dirname(absolute(files[0]!));
  const words = {
    files,
    defaultFiles: ['Dockerfile', 'Containerfile'],
    ...(ignoreFile !== undefined && { ignoreFile }),
    signal,
  };
  const name = files.join(', ') || 'Dockerfile';
  return await progress.step(`[internal] load build definition from ${name}`, async (step) => {
    const opened = resources.use(await openContext(engine, place, STDIN, words));
    const size = Buffer.byteLength(opened.dockerfile.text);
    progress.progress(step, size, undefined, 'transferring dockerfile:');
    return opened;
  });
}

async function preprocess(
  written: { text: string; name: string },
  folder: string,
  options: BuildOptions,
): Promise<string> {
  const { preprocessDockerfile } = await import('../../engine/build/preprocess.ts');
  return await preprocessDockerfile(written, folder, options['cpp-flag']);
}

/** Brings the images where they belong, and says what there is to say of them. */
async function placeResult(
  run: BuildRun,
  { images }: BuildResult,
  facts: BuildFacts,
): Promise<FinishedBuild> {
  const { engine, options, plan, progress, signal } = run;
  const { manifest: manifestList, 'sbom-output': sbomFile, 'metadata-file': metadataFile } = options;
  const kind = facts.request.format;
  const { annotations, outputs } = plan;
  const exportOptions = { kind, annotations, signal, ...(manifestList !== undefined && { manifestList }) };
  const attesting = await openAttesting(run, facts);
  const exported = await exportBuild(engine, images, outputs, exportOptions, progress, attesting);
  if (sbomFile !== undefined) {
    const { sbom } = await import('../../engine/build/attest.ts');
    const { writeResultFile } = await import('./metadata-file.ts');
    const document = await progress.step('generating sbom', () => sbom(engine, images[0]!, exported.names));
    writeResultFile('the list of packages', sbomFile, `${JSON.stringify(document, null, 2)}\n`);
  }
  if (metadataFile === undefined) return exported;
  const { metadataProvenance } = await import('./metadata-file.ts');
  const provenance = await metadataProvenance(images[0]!, facts);
  return { ...exported, ...(provenance && { provenance }) };
}

async function openAttesting(
  { engine, plan: { attestations, outputs }, progress }: BuildRun,
  facts: BuildFacts,
): Promise<Attesting | undefined> {
  if (!attestations.sbom && attestations.provenance === undefined) return undefined;
  if (outputs.every((output) => output.kind === 'image' && !output.push))
    progress.warned('no attestation is kept: they go to what is pushed, or written with --output');
  const { attestingOf } = await import('../../engine/build/attest.ts');
  return attestingOf(engine, attestations, facts);
}
