import type { Definition } from '../../build/bake/definition.ts';
import { readBakeFiles } from '../../build/bake/files.ts';
import { applyOverrides } from '../../build/bake/overrides.ts';
import { planDocument } from '../../build/bake/print.ts';
import { type BakePlan, resolveTargets } from '../../build/bake/resolve.ts';
import { defineCommand, type Options } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { requireBuilder } from '../../engine/build/builders.ts';
import { formatPlatform, hostPlatform } from '../../oci/model/platform.ts';
import { PROGRESS } from '../build/progress/open-display.ts';
import { stopBySignals } from '../build/stop-by-signals.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { openBakeFiles, readDotenv } from './bake-files.ts';
import { builderOption } from './builder-option.ts';

const bakeOptions = {
  ...builderOption,
  allow: {
    type: 'list',
    metavar: 'NAME',
    summary: 'What targets may have that they ask for: network.host, security.insecure, device',
  },
  call: { type: 'string', metavar: 'METHOD', summary: 'Do not build, but show: check, outline or targets' },
  check: { type: 'bool', summary: 'Do not build, but check the Dockerfiles (--call check)' },
  file: {
    short: 'f',
    type: 'list',
    metavar: 'FILE',
    summary: 'Files that describe the targets: HCL, JSON or compose',
    complete: 'file',
  },
  list: { type: 'string', metavar: 'KIND', summary: 'Show the targets or the variables' },
  load: { type: 'bool', summary: 'Keep the images here (--set=*.output=type=docker)' },
  'metadata-file': {
    type: 'string',
    metavar: 'FILE',
    summary: 'Write what the targets came to, as JSON',
    complete: 'file',
  },
  'no-cache': { type: 'bool', summary: 'Take nothing from the cache' },
  print: { type: 'bool', summary: 'Show what would be built, as JSON' },
  progress: {
    type: 'string',
    choices: PROGRESS,
    metavar: 'KIND',
    summary: 'How progress is shown: auto, plain, tty, rawjson, quiet',
  },
  provenance: {
    type: 'string',
    optionalValue: 'true',
    metavar: 'VALUE',
    summary: 'Attach how images were made (--set=*.attest=type=provenance)',
  },
  pull: { type: 'bool', summary: 'Ask registries for base images again' },
  push: { type: 'bool', summary: 'Push the images (--set=*.output=type=registry)' },
  sbom: {
    type: 'string',
    optionalValue: 'true',
    metavar: 'VALUE',
    summary: 'Attach lists of packages (--set=*.attest=type=sbom)',
  },
  set: { type: 'list', metavar: 'TARGET.KEY=VALUE', summary: 'Change targets' },
  var: { type: 'list', metavar: 'NAME=VALUE', summary: 'Change variables' },
} as const;

export type BakeCommandOptions = Options<typeof bakeOptions>;

export const command = defineCommand({
  names: ['buildx bake', 'buildx f'],
  summary: 'Build what files describe: several images at once',
  usage: '[OPTIONS] [TARGET...]',
  description:
    'Reads compose.yaml, docker-bake.json, docker-bake.hcl and their like, or the files that --file names. Without targets, it builds the group or target default. A target that is a URL of a git repository says where the files are.',
  examples: [
    'buildx bake',
    'buildx bake --print release',
    'buildx bake -f compose.yaml -f docker-bake.hcl --set *.platform=linux/arm64 --push',
    'buildx bake --list=variables',
  ],
  options: bakeOptions,
  args: { min: 0 },
  run: ({ options, args }) => withExitCode1(() => bake(options, args)),
});

async function bake(options: BakeCommandOptions, args: readonly string[]): Promise<number> {
  const engine = openEngine();
  requireBuilder(engine.store, options.builder);
  await using place = await openPlace(args);
  const definition = await define(options, place.folder);
  if (options.list !== undefined) {
    const { listDefinition } = await import('./bake-lists.ts');
    await print(listDefinition(definition, options.list));
    return 0;
  }
  const resolved = resolveTargets(definition, place.targets);
  const targets = applyOverrides(resolved.targets, overridesOf(options));
  const plan: BakePlan = { ...resolved, targets };
  if (options.print) {
    await print(`${JSON.stringify(planDocument(plan), null, 2)}\n`);
    return 0;
  }
  using stop = stopBySignals();
  const { runBake } = await import('./run-bake.ts');
  return await runBake(engine, plan, options, stop.signal);
}

/** Where the files are, and what is left of the arguments then. */
async function openPlace(
  args: readonly string[],
): Promise<AsyncDisposable & { folder: string; targets: readonly string[] }> {
  const [first, ...rest] = args;
  if (first === undefined || !/^[a-z+]+:\/\/|^git@/.test(first))
    return { folder: '.', targets: args, async [Symbol.asyncDispose]() {} };
  const { openNamedContext } = await import('../../engine/build/context.ts');
  const opened = await openNamedContext(openEngine(), 'bake files', first);
  const { context } = opened;
  return { folder: context.path, targets: rest, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
}

async function define(options: BakeCommandOptions, folder: string): Promise<Definition> {
  const files = openBakeFiles(options.file, folder);
  const said = options.var.map((text) => {
    const equals = text.indexOf('=');
    if (equals <= 0) throw new ProaError('INVALID_OPTION_VALUE', `--var ${text}: expected NAME=VALUE`);
    return [text.slice(0, equals), text.slice(equals + 1)] as const;
  });
  const environment = {
    variables: { ...process.env, ...Object.fromEntries(said) },
    platform: formatPlatform(hostPlatform()),
  };
  return await readBakeFiles(files, environment, readDotenv(options.file, folder));
}

/** The short options are overrides of all targets; `--set` counts more. */
function overridesOf(options: BakeCommandOptions): string[] {
  const { call, check, load, provenance, pull, push, sbom } = options;
  const attest = (type: string, value: string): string => {
    if (value === 'false' || value === '0') return `*.attest=type=${type},disabled=true`;
    return value === 'true' || value === '1' ? `*.attest=type=${type}` : `*.attest=type=${type},${value}`;
  };
  return [
    ...(options['no-cache'] ? ['*.no-cache=true'] : []),
    ...(pull ? ['*.pull=true'] : []),
    ...(provenance === undefined ? [] : [attest('provenance', provenance)]),
    ...(sbom === undefined ? [] : [attest('sbom', sbom)]),
    ...(check ? ['*.call=check'] : call === undefined ? [] : [`*.call=${call}`]),
    ...options.set,
    // Beside the outputs that are there by now.
    ...(push ? ['*.push=true'] : []),
    ...(load ? ['*.load=true'] : []),
  ];
}
