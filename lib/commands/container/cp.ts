import { defineCommand } from '../../cli/command.ts';
import { isTerminal } from '../../cli/terminal.ts';
import { formatBytes } from '../../cli/values.ts';
import { ProaError } from '../../core/error.ts';
import { readDescriptor } from '../../core/input.ts';
import { FdWriter } from '../../core/output.ts';
import { type CopyEnd, copyFiles, copyFromArchive, copyToArchive } from '../../engine/container/copy.ts';
import { resolveContainer } from '../../storage/containers.ts';
import { openEngine, warn } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';

const STDIN = 0;
const STDOUT = 1;

export const command = defineCommand({
  names: ['cp', 'container cp'],
  summary: 'Copy files between containers and this machine',
  usage: '[OPTIONS] [CONTAINER:]SRC_PATH|- [CONTAINER:]DEST_PATH|-',
  description:
    'Copies a file or folder, also from container to container, and also of containers that do not run. A path in a ' +
    "container begins at its root. SRC_PATH/. stands for a folder's content; - stands for a tar archive on stdin or " +
    'stdout. Files in a container keep the numbers of their owners; on this machine they belong to who copies.',
  examples: [
    'cp web:/etc/nginx/nginx.conf .',
    'cp ./site/. web:/usr/share/nginx/html',
    'cp web:/var/log - | tar t',
    'cp one:/data two:/data',
  ],
  options: {
    archive: { short: 'a', type: 'bool', summary: "Keep the owners' numbers also on this machine" },
    'follow-link': { short: 'L', type: 'bool', summary: 'Copy what SRC_PATH leads to when it is a link' },
    overwrite: { type: 'bool', summary: 'Let a folder take the place of a file, and the other way round' },
    quiet: { short: 'q', type: 'bool', summary: 'Do not say how much was copied' },
  },
  args: { min: 2, max: 2 },
  completeArgs: 'container',
  run: ({ options, args: [source, destination] }) =>
    withExitCode1(async () => {
      const from = parseEnd(source!);
      const to = parseEnd(destination!);
      if (from.container === undefined && to.container === undefined) {
        throw new ProaError(
          'BAD_ARGUMENTS',
          'copy files: must specify at least one container source or destination',
          {
            hint: 'Write CONTAINER:PATH',
          },
        );
      }
      const rules = { ...options, followLink: options['follow-link'] };
      const engine = openEngine();
      const bytes = await copy(engine, resolved(engine, from), resolved(engine, to), rules);
      if (!options.quiet && to.path !== '-' && isTerminal(STDOUT))
        warn(`Successfully copied ${formatBytes(bytes)} to ${destination}`);
    }),
});

type Engine = ReturnType<typeof openEngine>;
type Rules = Parameters<typeof copyFiles>[3];

async function copy(engine: Engine, from: CopyEnd, to: CopyEnd, rules: Rules): Promise<number> {
  if (isStream(from)) return copyFromArchive(engine, readDescriptor(STDIN), to as Required<CopyEnd>, rules);
  if (!isStream(to)) return copyFiles(engine, from, to, rules);
  if (isTerminal(STDOUT)) {
    throw new ProaError('OUTPUT_IS_TERMINAL', 'copy files: refusing to write an archive to a terminal', {
      hint: 'Redirect stdout, or name a folder instead of -',
    });
  }
  const writer = new FdWriter(STDOUT);
  for await (const chunk of copyToArchive(engine, from as Required<CopyEnd>, rules))
    await writer.write(chunk);
  return 0;
}

function isStream({ container, path }: CopyEnd): boolean {
  return container === undefined && path === '-';
}

function resolved(engine: Engine, { container, path }: CopyEnd): CopyEnd {
  return container === undefined ? { path } : { container: resolveContainer(engine.store, container), path };
}

/** Docker's: what begins with `/` or `.` is a path on this machine, and so is what has no colon. */
function parseEnd(text: string): CopyEnd {
  const colon = text.indexOf(':');
  if (text.startsWith('/') || text.startsWith('.') || colon < 0) {
    if (text !== '') return { path: text };
    throw new ProaError('BAD_ARGUMENTS', 'copy files: a path may not be empty');
  }
  const container = text.slice(0, colon);
  const path = text.slice(colon + 1);
  if (container !== '' && path !== '') return { container, path };
  throw new ProaError(
    'BAD_ARGUMENTS',
    `copy files: ${JSON.stringify(text)} lacks ${path === '' ? 'a path' : 'a container'}`,
    {
      hint: 'Write CONTAINER:PATH, or ./PATH for a file of this machine',
    },
  );
}
