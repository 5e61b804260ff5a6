import { writeFileSync } from 'node:fs';
import { defineCommand, type Options } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import type { Engine } from '../../engine/engine.ts';
import { isOf, type PushedImage, type PushRequest, pushImage } from '../../engine/image/push.ts';
import { parseTransport, pushTransport } from '../../engine/image/transport.ts';
import { familiarName, formatReference, parseReference, type Reference } from '../../oci/model/reference.ts';
import { findImage, findRecord, type ImageRecord, listNames } from '../../storage/images.ts';
import { checkLevel } from '../../storage/tar/compress.ts';
import { openEngineForImages, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { PushOutput } from './push-output.ts';
import { readRegistryOptions, registryOptions } from './registry-options.ts';
import { readSigning, signingOptions } from './signing-options.ts';

const pushOptions = {
  'all-tags': { short: 'a', type: 'bool', summary: 'Push all tags of the repository' },
  'compression-format': {
    type: 'string',
    choices: ['gzip', 'zstd'],
    metavar: 'gzip|zstd',
    summary: 'How layers are compressed (default: as the registry has them, else gzip)',
  },
  'compression-level': { type: 'int', metavar: 'LEVEL', summary: 'gzip: 1 to 9, zstd: 1 to 20' },
  digestfile: {
    type: 'string',
    metavar: 'FILE',
    summary: "Write the pushed manifest's digest to the file",
    complete: 'file',
  },
  'force-compression': {
    type: 'tristate',
    summary:
      'Send layers again that the registry has in another compression (default: with --compression-format)',
  },
  format: {
    short: 'f',
    type: 'string',
    choices: ['oci', 'v2s2'],
    metavar: 'oci|v2s2',
    summary: 'Kind of manifest (default: as the image came)',
  },
  quiet: { short: 'q', type: 'bool', summary: 'Print only the name' },
  ...signingOptions,
  ...registryOptions,
} as const;

export const command = defineCommand({
  names: ['push', 'image push'],
  summary: 'Upload an image to a registry',
  usage: '[OPTIONS] IMAGE [DESTINATION]',
  description:
    'Sends an image to a registry, or to oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME], dir:DIR or docker-daemon:NAME: what the registry does not have yet. Layers are compressed on all processors while they are sent; an image that came from a registry keeps its digest where that is possible.',
  examples: [
    'push 127.0.0.1:5000/app:1.0',
    'push app quay.io/team/app:1.0',
    'push --compression-format zstd team/app',
    'push --sign-by team@example.com quay.io/team/app:1.0',
  ],
  options: pushOptions,
  args: { min: 1, max: 2 },
  completeArgs: 'image',
  run: ({ options, args }) => withExitCode1(() => push(options, args)),
});

async function push(options: Options<typeof pushOptions>, args: readonly string[]): Promise<void> {
  const [source, target = source] = args as [string, string?];
  const place = parseTransport(target!, { exists: false });
  const signing = await readSigning(options);
  if (signing !== undefined && place !== undefined) {
    const why = 'only what goes to a registry is signed, as a signature names an image';
    throw new ProaError('CONFLICTING_OPTIONS', `push to ${place.transport}: ${why}`);
  }
  const { 'compression-format': format, 'compression-level': level, 'all-tags': all } = options;
  const compression = format as 'gzip' | 'zstd' | undefined;
  checkLevel(compression ?? 'gzip', level);
  if (place !== undefined) {
    const packed = compression !== undefined || level !== undefined;
    const packing = packed ? { compression: compression ?? 'gzip', level } : undefined;
    return await pushTransport(openEngineForImages(), source, place, packing);
  }
  const destination = parseReference(target!.replace(/^docker:\/\//, ''), { defaultTag: false });
  if (all && (destination.tag !== undefined || destination.digest !== undefined))
    throw new ProaError('BAD_ARGUMENTS', "push: tag can't be used with --all-tags/-a");
  const registry = readRegistryOptions(options);
  const engine = openEngineForImages();
  if (!all && findRecord(engine.store, source)?.list !== undefined)
    return await pushManifestList(engine, source, destination, options, { registry, signing });
  const jobs = all
    ? tagged(engine.store, destination)
    : [
        {
          image: required(engine.store, source),
          destination:
            (destination.tag ?? destination.digest) ? destination : { ...destination, tag: 'latest' },
        },
      ];
  if (!options.quiet && !all && destination.tag === undefined && destination.digest === undefined)
    await print('Using default tag: latest\n');
  let last: PushedImage | undefined;
  for (const job of jobs) {
    using output = options.quiet ? undefined : new PushOutput(job.destination);
    last = await pushImage(engine, {
      ...job,
      registry,
      signing,
      compression,
      level,
      forceCompression: options['force-compression'],
      format: options.format === 'v2s2' ? 'docker' : (options.format as 'oci' | undefined),
      onEvent: (event) => output?.event(event),
    });
    if (output === undefined) await print(`${formatReference(job.destination)}\n`);
    else await output.end(last);
  }
  if (options.digestfile !== undefined && last !== undefined) writeFileSync(options.digestfile, last.digest);
}

/** A manifest list goes with all that it lists, as with Podman. */
async function pushManifestList(
  engine: Engine,
  name: string,
  destination: Reference,
  options: Options<typeof pushOptions>,
  shared: Pick<PushRequest, 'registry' | 'signing'>,
): Promise<void> {
  const { manifestKind, pushListNamed } = await import('../manifest/push-list.ts');
  const request = {
    ...shared,
    destination,
    all: true,
    format: manifestKind(options.format),
    compression: options['compression-format'] as 'gzip' | 'zstd' | undefined,
    level: options['compression-level'],
  };
  await pushListNamed(engine, name, request, options);
}

type Store = Parameters<typeof findImage>[0];

function required(store: Store, text: string): ImageRecord {
  const image = findImage(store, text);
  if (image !== undefined) return image;
  // Docker's words; its clients look for them.
  throw new ProaError(
    'IMAGE_NOT_FOUND',
    `An image does not exist locally with the tag: ${familiarName(parseReference(text, { defaultTag: false }))}`,
    { hint: 'See what is here: proa images' },
  );
}

function tagged(store: Store, repository: Reference): { image: ImageRecord; destination: Reference }[] {
  const found = listNames(store, [])
    .map(({ name }) => parseReference(name))
    .filter((name) => isOf(repository, name))
    .map((destination) => ({ image: required(store, formatReference(destination)), destination }));
  if (found.length === 0) required(store, formatReference(repository));
  return found;
}
