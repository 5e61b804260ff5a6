import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { parseTransport } from '../../engine/image/transport.ts';
import { removeList } from '../../engine/manifest-list/edit.ts';
import { parseReference, type Reference } from '../../oci/model/reference.ts';
import { checkLevel } from '../../storage/tar/compress.ts';
import { openEngine } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { readSigning, signingOptions } from '../image/signing-options.ts';
import { listRegistryOptions, readListRegistryOptions } from './list-options.ts';
import { manifestKind, pushListNamed } from './push-list.ts';

export const command = defineCommand({
  names: ['manifest push'],
  summary: 'Upload a manifest list with its images',
  usage: '[OPTIONS] LIST [DESTINATION]',
  description:
    'Sends the images that the list lists, then the list, to the repository of its name or to DESTINATION. Images of other repositories are mounted or copied as they are; those of this store are compressed and sent as with push.',
  examples: [
    'manifest push team/app:1.0',
    'manifest push --purge team/app:1.0',
    'manifest push --format v2s2 app docker://quay.io/team/app:1.0',
  ],
  options: {
    all: { type: 'bool', default: true, summary: 'Push the images too' },
    'compression-format': {
      type: 'string',
      choices: ['gzip', 'zstd'],
      metavar: 'gzip|zstd',
      summary: 'How layers of this store are compressed (default: gzip)',
    },
    'compression-level': { type: 'int', metavar: 'LEVEL', summary: 'gzip: 1 to 9, zstd: 1 to 20' },
    digestfile: {
      type: 'string',
      metavar: 'FILE',
      summary: "Write the list's digest to the file",
      complete: 'file',
    },
    format: {
      short: 'f',
      type: 'string',
      choices: ['oci', 'v2s2'],
      metavar: 'oci|v2s2',
      summary: 'Kind of list and manifests (default: as they are)',
    },
    purge: { short: 'p', type: 'bool', summary: 'Remove the list from here when it is pushed' },
    quiet: { short: 'q', type: 'bool', summary: "Print only the list's digest" },
    rm: { type: 'bool', summary: 'The same as --purge' },
    ...signingOptions,
    ...listRegistryOptions,
  },
  args: { min: 1, max: 2 },
  completeArgs: 'image',
  run: ({ options, args: [name, target = name] }) =>
    withExitCode1(async () => {
      const { 'compression-level': level } = options;
      const compression = options['compression-format'] as 'gzip' | 'zstd' | undefined;
      checkLevel(compression ?? 'gzip', level);
      const engine = openEngine();
      const request = {
        destination: destinationOf(target!),
        registry: readListRegistryOptions(options),
        all: options.all,
        format: manifestKind(options.format),
        compression,
        level,
        signing: await readSigning(options),
      };
      await pushListNamed(engine, name!, request, options);
      if (options.rm || options.purge) await removeList(engine, name!);
    }),
});

/** @throws ProaError UNSUPPORTED_TRANSPORT, INVALID_REFERENCE */
function destinationOf(text: string): Reference {
  if (parseTransport(text, { exists: false }) !== undefined) {
    throw new ProaError('UNSUPPORTED_TRANSPORT', `push manifest list to ${text}: a list goes to a registry`, {
      hint: 'Save its image for this machine: proa save',
    });
  }
  if (/^(sha256:)?[0-9a-f]{64}$/.test(text))
    throw new ProaError('BAD_ARGUMENTS', 'push manifest list: an id says no place', {
      hint: 'Say where to: proa manifest push LIST DESTINATION',
    });
  const reference = parseReference(text.replace(/^docker:\/\//, ''));
  if (reference.digest === undefined) return reference;
  throw new ProaError('INVALID_REFERENCE', `push manifest list to ${text}: its digest is not known before`, {
    hint: 'Name a tag',
  });
}
