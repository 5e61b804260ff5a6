/** The results as a table for people, on a terminal or in Markdown. */

import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { output } from './command.ts';
import type { Engine } from './engines.ts';

export interface Result {
  scenario: string;
  /** By engine; milliseconds of all counted rounds, or why there are none. */
  byEngine: Readonly<Record<string, { times: readonly number[]; error?: string }>>;
}

export function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Where and when, with what. */
export function heading(engines: readonly Engine[]): string {
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  const cores = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const machine = `${cores.length} × ${cores[0]?.model.trim()}, ${memory} GiB, ${system}, Linux ${release()}`;
  const versions = engines.map(({ name, cli }) => `${name}: ${output([...cli, '--version']).split('\n')[0]}`);
  return `${new Date().toISOString().slice(0, 10)}, ${machine}\n${versions.join('; ')}`;
}

/** Scenario, milliseconds of each engine, and how the first one's median stands to each other's. */
export function row(result: Result, engines: readonly Engine[]): string[] {
  const medians = engines.map(({ name }) => median(result.byEngine[name]?.times ?? []));
  const cells = engines.map(({ name }, index) => {
    if (result.byEngine[name] === undefined) return '';
    return medians[index] === undefined ? 'failed' : medians[index].toFixed(medians[index] < 1000 ? 1 : 0);
  });
  const first = medians[0];
  const ratios = medians
    .slice(1)
    .map((other) => (first === undefined || other === undefined ? '' : `${(first / other).toFixed(2)}`));
  return [result.scenario, ...cells, ...ratios];
}

export function head(engines: readonly Engine[]): string[] {
  const [first, ...others] = engines.map(({ name }) => name);
  return [
    'scenario',
    ...engines.map(({ name }) => `${name} ms`),
    ...others.map((name) => `${first}/${name}`),
  ];
}

/** One line of the table; `widths` come from its head. */
export function line(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, index) => (index === 0 ? cell.padEnd(14) : cell.padStart(widths[index]! + 2)))
    .join('');
}

export function markdown(rows: readonly string[][]): string {
  const [first, ...others] = rows.map((cells) => `| ${cells.join(' | ')} |`);
  const rule = `|---|${'---:|'.repeat(rows[0]!.length - 1)}`;
  return [first, rule, ...others].join('\n');
}
