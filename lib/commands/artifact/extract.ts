import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { extractArtifact } from '../../engine/artifact/extract.ts';
import { openEngine } from '../context.ts';

export const command = defineCommand({
  names: ['artifact extract'],
  summary: 'Copy the files of an artifact out of the store',
  usage: '[OPTIONS] ARTIFACT TARGET',
  description:
    'Into a folder go all files, each under its title or else its digest. To a file goes the only one, or the one that --title or --digest chooses. What is there is written over.',
  examples: [
    'artifact extract quay.io/team/model:1.0 .',
    'artifact extract --title README.md quay.io/team/model:1.0 /tmp',
  ],
  options: {
    digest: { type: 'string', metavar: 'DIGEST', summary: 'Only the file with this digest' },
    title: { type: 'string', metavar: 'TITLE', summary: 'Only the file with this title' },
  },
  args: { min: 2, max: 2 },
  async run({ options: { digest, title }, args }) {
    if (digest !== undefined && title !== undefined)
      throw new ProaError('CONFLICTING_OPTIONS', '--digest cannot be used with --title');
    await extractArtifact(openEngine(), args[0]!, args[1]!, { digest, title });
  },
});
