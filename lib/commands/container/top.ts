import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { findProgram } from '../../core/programs.ts';
import { containerPids } from '../../engine/container/processes.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../image/exit-code.ts';
import { latestOption, selectOne } from './one-container.ts';

/** Docker's: narrower columns are padded to this, and all are three spaces apart. */
const COLUMN = 20;
const GAP = 3;

export const command = defineCommand({
  names: ['top', 'container top'],
  summary: 'Show the processes of a container',
  usage: '[OPTIONS] [CONTAINER] [ps OPTIONS]',
  examples: ['top web', 'top web -o pid,cmd'],
  options: { latest: latestOption },
  interspersed: false,
  args: { min: 1, unless: ['latest'] },
  completeArgs: 'running',
  run: ({ options: { latest }, args }) =>
    withExitCode1(async () => {
      const engine = openEngine();
      const { id, rest: options } = selectOne(engine, latest, args);
      // Before ps looks, so that a process that comes meanwhile is left out and none is mistaken for ours.
      const pids = containerPids(engine, id);
      const [heading, ...rows] = await processTable(options.length > 0 ? options : ['-ef']);
      const column = heading!.indexOf('PID');
      if (column < 0) {
        throw new ProaError('NO_PID_COLUMN', 'show processes: the output of ps has no column PID', {
          hint: `For example: proa top ${latest ? '--latest' : args[0]} -o pid,user,args`,
        });
      }
      await print(align([heading!, ...rows.filter((row) => pids.has(Number(row[column])))]));
    }),
});

/** The output of ps as cells; the last column may hold spaces. */
async function processTable(options: readonly string[]): Promise<string[][]> {
  const child = Bun.spawn([findProgram('ps'), ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const lines = out.split('\n').filter((line) => line.trim() !== '');
  if (code !== 0 || lines.length === 0) {
    throw new ProaError(
      'PS_FAILED',
      `show processes: ps ${options.join(' ')}: ${err.trim() || `exit code ${code}`}`,
    );
  }
  const columns = lines[0]!.trim().split(/\s+/).length;
  return lines.map((line) => {
    const words = line.trim().split(/\s+/);
    return [...words.slice(0, columns - 1), words.slice(columns - 1).join(' ')];
  });
}

function align(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_, i) => Math.max(COLUMN, ...rows.map((row) => (row[i] ?? '').length + GAP)));
  return rows
    .map(
      (row) => `${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join('')}\n`,
    )
    .join('');
}
