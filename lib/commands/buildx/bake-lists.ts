/** `bake --list`: the targets or the variables of a definition. */
import type { Definition } from '../../build/bake/definition.ts';
import { alignColumns } from '../../cli/table.ts';
import { ProaError } from '../../core/error.ts';

/** @param asked `targets` or `variables`, with `,format=json` behind it; `type=…` is taken too */
export function listDefinition(definition: Definition, asked: string): string {
  const fields = asked.split(',').map((field) => field.split('=') as [string, string?]);
  const named = fields.find(([key]) => key === 'type')?.[1] ?? fields[0]![0];
  const json = fields.some(([key, value]) => key === 'format' && value === 'json');
  if (named === 'targets') return listTargets(definition, json);
  if (named === 'variables') return listVariables(definition, json);
  throw new ProaError('INVALID_OPTION_VALUE', `--list=${asked}: must be targets or variables`);
}

function listTargets({ targets, groups }: Definition, json: boolean): string {
  const rows = [
    ...[...groups].map(([name, members]) => ({ name, description: members.join(', '), group: true })),
    ...[...targets].map(([name, target]) => ({ name, description: target.description ?? '', group: false })),
  ]
    // What begins so is a part of others.
    .filter(({ name }) => !name.startsWith('_'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (json) return `${JSON.stringify(rows, null, 2)}\n`;
  return alignColumns([
    ['TARGET', 'DESCRIPTION'],
    ...rows.map(({ name, description }) => [name, description]),
  ]);
}

function listVariables({ variables }: Definition, json: boolean): string {
  const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  if (json) return `${JSON.stringify(variables, null, 2)}\n`;
  const rows = [...variables]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, type = '', value, description = '' }) => [
      name,
      type,
      value === null ? '<null>' : shown(value),
      description,
    ]);
  return alignColumns([['VARIABLE', 'TYPE', 'VALUE', 'DESCRIPTION'], ...rows]);
}
