import { defineCommand } from '../../cli/command.ts';
import { FdWriter } from '../../core/output.ts';
import { printableLine } from '../../core/printable.ts';
import { type FileChange, listChanges } from '../../engine/container/diff.ts';
import { latestContainer } from '../../storage/containers.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { latestOption } from './one-container.ts';

const STDOUT = 1;
/** Characters that are gathered before they are written. */
const PIECE = 64 * 1024;

export const command = defineCommand({
  names: ['diff', 'container diff', 'image diff'],
  summary: "Show what changed in a container's files",
  usage: '[OPTIONS] [CONTAINER|IMAGE] [IMAGE]',
  description:
    'Lists what was added (A), changed (C) and deleted (D) since the container was made from its image, or what the ' +
    'last layer of an image did to those below it; of two images, what makes the first of the second.',
  examples: ['diff web', 'diff --latest', 'diff --format json web', 'image diff app:2 app:1'],
  options: {
    format: {
      type: 'string',
      choices: ['json'],
      metavar: 'FORMAT',
      summary: 'Write an object of lists: json',
    },
    latest: latestOption,
  },
  args: { min: 1, max: 2, unless: ['latest'] },
  completeArgs: 'container',
  run: ({ options, args }) =>
    withExitCode1(async () => {
      const engine = openEngine();
      // As selectOne does it; but a name may also be an image's here.
      const [name, parent] = options.latest ? [latestContainer(engine.store), ...args] : args;
      const changes = listChanges(engine, name!, parent);
      if (options.format === 'json') await print(`${JSON.stringify(byKind(changes), null, 5)}\n`);
      else await printLines(changes);
    }),
});

/** Podman's form: a kind that did not happen is left out. */
function byKind(changes: Iterable<FileChange>): { changed?: string[]; added?: string[]; deleted?: string[] } {
  const lists: Record<FileChange['kind'], string[]> = { C: [], A: [], D: [] };
  for (const { kind, path } of changes) lists[kind].push(path);
  const { C: changed, A: added, D: deleted } = lists;
  const all = { changed, added, deleted };
  return Object.fromEntries(Object.entries(all).filter(([, paths]) => paths.length > 0));
}

async function printLines(changes: Iterable<FileChange>): Promise<void> {
  const writer = new FdWriter(STDOUT);
  let text = '';
  for (const { kind, path } of changes) {
    text += `${kind} ${printableLine(path)}\n`;
    if (text.length < PIECE) continue;
    await writer.write(Buffer.from(text));
    text = '';
  }
  await writer.write(Buffer.from(text));
}
