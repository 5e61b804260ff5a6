import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { addArtifact } from '../../engine/artifact/add.ts';
import { digestHex } from '../../oci/model/digest.ts';
import { openEngine, print } from '../context.ts';

export const command = defineCommand({
  names: ['artifact add'],
  summary: 'Make an artifact of files',
  usage: '[OPTIONS] ARTIFACT FILE [FILE...]',
  description: "Copies files into the store as an OCI artifact and prints its manifest's digest.",
  examples: [
    'artifact add quay.io/team/model:1.0 model.gguf',
    'artifact add --append --file-type text/yaml quay.io/team/model:1.0 config.yaml',
  ],
  options: {
    annotation: { type: 'list', metavar: 'KEY=VALUE', summary: 'Annotation of each of the files' },
    append: { short: 'a', type: 'bool', summary: 'Add to an artifact that is there' },
    'file-type': {
      type: 'string',
      metavar: 'TYPE',
      summary: 'Media type of the files (default: by their content)',
    },
    replace: { type: 'bool', summary: 'Replace an artifact of this name' },
    type: { type: 'string', metavar: 'TYPE', summary: 'Type of the artifact' },
  },
  args: { min: 2 },
  async run({ options, args }) {
    const { append, replace, type, 'file-type': fileType } = options;
    if (append && type !== undefined)
      throw new ProaError('CONFLICTING_OPTIONS', '--append cannot be used with --type');
    if (append && replace)
      throw new ProaError('CONFLICTING_OPTIONS', '--append cannot be used with --replace');
    const [name, ...files] = args as [string, ...string[]];
    const annotations = Object.fromEntries(options.annotation.map(readAnnotation));
    const digest = await addArtifact(openEngine(), {
      name,
      files,
      annotations,
      append,
      replace,
      type,
      fileType,
    });
    await print(`${digestHex(digest)}\n`);
  },
});

function readAnnotation(text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new ProaError(
    'INVALID_OPTION_VALUE',
    `invalid argument "${text}" for "--annotation": it is not KEY=VALUE`,
  );
}
