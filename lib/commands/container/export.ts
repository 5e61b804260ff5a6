import { defineCommand } from '../../cli/command.ts';
import { isTerminal } from '../../cli/terminal.ts';
import { addContext, ProaError } from '../../core/error.ts';
import { FdWriter } from '../../core/output.ts';
import { exportContainer } from '../../engine/container/export.ts';
import { resolveContainer } from '../../storage/containers.ts';
import { openEngine } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { writeNewFile } from './output-file.ts';

const STDOUT = 1;

export const command = defineCommand({
  names: ['export', 'container export'],
  summary: "Write a container's files to a tar archive",
  usage: '[OPTIONS] CONTAINER',
  description:
    'Writes all files that the container sees, without the content of volumes. proa import reads it.',
  examples: ['export -o web.tar web', 'export web | gzip > web.tar.gz'],
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
  completeArgs: 'container',
  run: ({ options, args: [name] }) =>
    withExitCode1(async () => {
      const { output } = options;
      if (!output && isTerminal(STDOUT)) {
        throw new ProaError(
          'OUTPUT_IS_TERMINAL',
          'export container: refusing to write an archive to a terminal',
          {
            hint: `Use --output FILE, or redirect stdout: proa export ${name} > ${name}.tar`,
          },
        );
      }
      const engine = openEngine();
      const archive = exportContainer(engine, resolveContainer(engine.store, name!));
      try {
        if (output) await writeNewFile(output, archive);
        else await writeAll(new FdWriter(STDOUT), archive);
      } catch (error) {
        throw addContext(error, `export container ${name}`);
      }
    }),
});

async function writeAll(writer: FdWriter, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) await writer.write(chunk);
}
