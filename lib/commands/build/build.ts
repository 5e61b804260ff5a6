import { closeSync, openSync, writeSync } from 'node:fs';
import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { FdWriter } from '../../core/output.ts';
import { openEngineForImages, print } from '../context.ts';
import { buildError, failureText } from './failure.ts';
import { refuseBuildOptions } from './options/flow.ts';
import { type BuildOptions, buildOptions } from './options.ts';
import { openDisplay, type ProgressKind, progressKind } from './progress/open-display.ts';
import { BuildProgress } from './progress/progress.ts';
import { type BuildState, type FinishedBuild, runBuild } from './run-build.ts';
import { stopBySignals } from './stop-by-signals.ts';

const STDERR = 2;

export const command = defineCommand({
  names: ['build', 'image build', 'buildx build', 'buildx b', 'builder build'],
  summary: 'Build an image from a Dockerfile',
  usage: '[OPTIONS] CONTEXT | URL | -',
  description:
    'Builds what a Dockerfile says, from the files of a context: a folder, an archive, a git repository (URL#REF:FOLDER) or - for standard input. Stages are built at the same time, those that the target does not need not at all, and what did not change comes from the cache. RUN has a container of its own; if it fails, its exit code is that of the build.',
  examples: [
    'build -t app .',
    'build -t app --build-arg VERSION=1.2 --target release -f docker/Dockerfile .',
    'build -o out --target assets .',
    'build --platform linux/amd64,linux/arm64 -t quay.io/team/app:1 --push .',
    'build --secret id=npm,src=.npmrc --ssh default -t app .',
    'build --check .',
  ],
  options: buildOptions,
  args: { min: 0, max: 1 },
  completeArgs: 'dir',
  run: ({ options, given, args: [context] }) => {
    refuseBuildOptions(options, given);
    if (context === undefined && options.file.length === 0) {
      throw new ProaError('BAD_ARGUMENTS', 'build: it needs one argument, the context', {
        hint: 'To build what is in this folder: proa build .',
        exitCode: 1,
      });
    }
    return build(options, context);
  },
});

async function build(options: BuildOptions, context: string | undefined): Promise<number> {
  using log = openLog(options.logfile);
  const kind = options.logfile === undefined ? progressKind(options.progress, options.quiet) : 'plain';
  using stop = stopBySignals();
  using progress = new BuildProgress(await openDisplay(kind, log.write));
  const state: BuildState = { warnings: [] };
  try {
    const engine = openEngineForImages();
    if (options.builder !== undefined) {
      const { requireBuilder } = await import('../../engine/build/builders.ts');
      requireBuilder(engine.store, options.builder);
    }
    if (options.builder !== undefined) {
      const { requireBuilder } = await import('../../engine/build/builders.ts');
      requireBuilder(engine.store, options.builder);
    }
    if (options.iidfile !== undefined) {
      const { removeResultFile } = await import('./metadata-file.ts');
      removeResultFile("an older image's id", options.iidfile);
    }
    const result = await runBuild(engine, options, context, progress, stop.signal, state);
    progress.close(false);
    if (typeof result === 'number') return result;
    await tellResult(options, result, state, kind, log.write);
    return 0;
  } catch (error) {
    progress.close(true);
    const { failure } = progress;
    // In lines it has been shown already, and only the end of it is said again.
    const lines = kind === 'plain' ? 10 : 100;
    if (failure !== undefined && kind !== 'rawjson') log.write(failureText(failure, state.dockerfile, lines));
    throw buildError(error);
  }
}

async function tellResult(
  options: BuildOptions,
  result: FinishedBuild,
  { warnings }: BuildState,
  kind: ProgressKind,
  write: (text: string) => void,
): Promise<void> {
  const id = result.id ?? result.config ?? result.manifest?.digest;
  if (warnings.length > 0 && (kind === 'plain' || kind === 'tty')) {
    const { warningSummary } = await import('./warnings.ts');
    write(warningSummary(warnings));
  }
  const { iidfile, 'metadata-file': metadataFile } = options;
  if (iidfile !== undefined || metadataFile !== undefined) {
    const { buildMetadata, writeResultFile } = await import('./metadata-file.ts');
    if (iidfile !== undefined) writeResultFile("the image's id", iidfile, id ?? '');
    if (metadataFile !== undefined) {
      const metadata = buildMetadata(result, process.env.BUILDX_METADATA_WARNINGS ? warnings : undefined);
      writeResultFile('metadata', metadataFile, `${JSON.stringify(metadata, null, 2)}\n`);
    }
  }
  if (kind === 'quiet' && id !== undefined) await print(`${id}\n`);
}

/** Where lines of progress go: stderr, or `--logfile`. @throws ProaError EACCES, … */
function openLog(file: string | undefined): Disposable & { write: (text: string) => void } {
  if (file !== undefined) {
    const fd = openSync(file, 'w');
    return { write: (text) => writeSync(fd, text), [Symbol.dispose]: () => closeSync(fd) };
  }
  const writer = new FdWriter(STDERR);
  let closed = false;
  const write = (text: string): void => {
    if (closed) return;
    try {
      void writer.write(Buffer.from(text))?.catch(() => {
        closed = true;
      });
    } catch {
      // Nobody reads it any more (EPIPE), and the build is not about its progress.
      closed = true;
    }
  };
  return { write, [Symbol.dispose]() {} };
}
