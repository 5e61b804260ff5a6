import { defineCommand } from '../../cli/command.ts';
import { isTerminal } from '../../cli/terminal.ts';
import { ProaError } from '../../core/error.ts';
import { FdWriter } from '../../core/output.ts';
import { exportVolume } from '../../engine/volume/archive.ts';
import { writeNewFile } from '../container/output-file.ts';
import { openEngine } from '../context.ts';

const STDOUT = 1;

export const command = defineCommand({
  names: ['volume export'],
  summary: "Write a volume's files to a tar archive",
  usage: '[OPTIONS] VOLUME',
  description: 'Without --output the archive goes to stdout. proa volume import reads it.',
  examples: ['volume export -o data.tar data', 'volume export data | ssh other proa volume import data -'],
  options: {
    output: {
      short: 'o',
      type: 'string',
      metavar: 'FILE',
      summary: 'Write to a file instead of stdout',
      complete: 'file',
    },
  },
  args: { min: 1, max: 1 },
  completeArgs: 'volume',
  async run({ options: { output }, args: [name] }) {
    if (!output && isTerminal(STDOUT)) {
      throw new ProaError('OUTPUT_IS_TERMINAL', 'export volume: refusing to write an archive to a terminal', {
        hint: `Use --output FILE, or redirect stdout: proa volume export ${name} > ${name}.tar`,
      });
    }
    const archive = exportVolume(openEngine(), name!);
    if (output) {
      await writeNewFile(output, archive);
      return;
    }
    const writer = new FdWriter(STDOUT);
    for await (const chunk of archive) await writer.write(chunk);
  },
});
