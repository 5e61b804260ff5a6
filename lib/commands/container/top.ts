import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { printableLine } from '../../core/printable.ts';
import { findProgram } from '../../core/programs.ts';
import { listProcesses } from '../../engine/container/process-facts.ts';
import { containerPids } from '../../engine/container/processes.ts';
import type { Engine } from '../../engine/engine.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { latestOption, selectOne } from './one-container.ts';
import { DESCRIPTOR_NAMES, descriptorTable, parseDescriptors } from './top-descriptors.ts';
import { fullTable } from './top-full.ts';

/** Docker's: narrower columns are padded to this, and all are so far apart. */
const DOCKER = { column: 20, gap: 3 };
/** Podman's. */
const PODMAN = { column: 12, gap: 2 };

export const command = defineCommand({
  names: ['top', 'container top'],
  summary: 'Show the processes of a container',
  usage: '[OPTIONS] [CONTAINER] [ps OPTIONS | DESCRIPTOR...]',
  description:
    'Without more it shows what ps -ef would, as the host numbers and names things. Descriptors choose columns, as the ' +
    "container numbers and names things; options of ps(1) are passed to the host's ps.\n\n" +
    `Descriptors, or AIX's letters for them such as %C: ${DESCRIPTOR_NAMES.join(', ')}.`,
  examples: ['top web', 'top web pid user huser capeff %C', 'top web aux', 'top web -o pid,cmd'],
  options: { latest: latestOption },
  interspersed: false,
  args: { min: 1, unless: ['latest'] },
  completeArgs: 'running',
  run: ({ options: { latest }, args }) =>
    withExitCode1(async () => {
      const engine = openEngine();
      const { id, rest } = selectOne(engine, latest, args);
      const descriptors = parseDescriptors(rest);
      if (descriptors !== undefined) {
        await print(align(descriptorTable(listProcesses(engine, id), descriptors), PODMAN));
      } else if (rest.length === 0) {
        await print(align(fullTable(listProcesses(engine, id)), DOCKER));
      } else {
        await print(align(await psTable(engine, id, rest, latest ? '--latest' : args[0]!), DOCKER));
      }
    }),
});

/** What the host's ps prints of the container's processes. */
async function psTable(
  engine: Engine,
  id: string,
  options: readonly string[],
  name: string,
): Promise<string[][]> {
  // Before ps looks, so that a process that comes meanwhile is left out and none is mistaken for ours.
  const pids = containerPids(engine, id);
  // Without a selection ps shows the processes of its own terminal; a ps may not know -q, or options exclude it.
  const [heading, ...rows] = await runPs([...options, '-q', [...pids].join(',')]).catch(() => runPs(options));
  const column = heading!.indexOf('PID');
  if (column < 0) {
    throw new ProaError('NO_PID_COLUMN', 'show processes: the output of ps has no column PID', {
      hint: `For example: proa top ${name} -o pid,user,args`,
    });
  }
  return [heading!, ...rows.filter((row) => pids.has(Number(row[column])))];
}

/** The output of ps as cells; the last column may hold spaces. */
async function runPs(options: readonly string[]): Promise<string[][]> {
  const child = Bun.spawn([findProgram('ps'), ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const lines = out.split('\n').filter((line) => line.trim() !== '');
  if (code !== 0 || lines.length === 0) {
    const why = err.trim().split('\n')[0] || `exit code ${code}`;
    throw new ProaError('PS_FAILED', `show processes: ps ${options.join(' ')}: ${why}`, {
      hint: 'proa top --help lists the descriptors that need no ps',
    });
  }
  const columns = lines[0]!.trim().split(/\s+/).length;
  return lines.map((line) => {
    const words = line.trim().split(/\s+/);
    return [...words.slice(0, columns - 1), words.slice(columns - 1).join(' ')];
  });
}

/** The last column is not padded. What a process calls itself is its own choice. */
function align(table: readonly string[][], { column, gap }: typeof DOCKER): string {
  const rows = table.map((cells) => cells.map(printableLine));
  const widths = rows[0]!.map((_, i) => Math.max(column, ...rows.map((row) => (row[i] ?? '').length + gap)));
  return rows
    .map(
      (row) => `${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join('')}\n`,
    )
    .join('');
}
