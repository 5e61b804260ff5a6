import { defineCommand } from '../../cli/command.ts';
import { formatRows } from '../../cli/format.ts';
import { ProaError } from '../../core/error.ts';
import { type InstalledQuadlet, listInstalled } from '../../systemd/quadlet/installed/list.ts';
import { openPlaces } from '../../systemd/quadlet/installed/places.ts';
import { type Problem, problemText } from '../../systemd/quadlet/problem.ts';
import { print, warn } from '../context.ts';

const HEADERS = { UnitName: 'UNIT NAME', Path: 'PATH ON DISK', App: 'APPLICATION' };

export const command = defineCommand({
  names: ['quadlet list', 'quadlet ls'],
  summary: 'List Quadlet files',
  usage: '[OPTIONS]',
  description: 'Shows each file with its service and what systemd says of that.',
  examples: [
    'quadlet list',
    'quadlet list --filter status=active/running',
    "quadlet ls --format '{{.UnitName}}'",
  ],
  options: {
    filter: {
      short: 'f',
      type: 'list',
      metavar: 'KEY=VALUE',
      summary: 'Show only what matches: name, pod, status',
      choices: ['name=', 'pod=', 'status='],
    },
    format: {
      type: 'string',
      metavar: 'FORMAT',
      summary: "'table', 'table TEMPLATE', 'json' or a Go template: .App .Name .Path .Pod .Status .UnitName",
    },
    noheading: { short: 'n', type: 'bool', summary: 'Leave out the heading of the table' },
  },
  args: { min: 0, max: 0 },
  async run({ options }) {
    const { format, filter, noheading } = options;
    const matches = filter.map(parseFilter);
    const problems: Problem[] = [];
    const found = await listInstalled(openPlaces(), problems);
    for (const problem of problems) warn(problemText(problem));
    const rows = found.filter((quadlet) => matches.every((match) => match(quadlet))).map(toRow);
    const text = await formatRows(rows, {
      format,
      jsonArray: true,
      defaultTable: 'table {{.Name}}\t{{.UnitName}}\t{{.Path}}\t{{.Status}}\t{{.App}}\t{{.Pod}}',
      headers: HEADERS,
    });
    const hasHeading = /^\s*(table\b|$)/.test(format ?? '');
    await print(noheading && hasHeading ? text.slice(text.indexOf('\n') + 1) : text);
  },
});

function toRow({ name, service, path, status, application, pod }: InstalledQuadlet): object {
  return { App: application, Name: name, Path: path, Pod: pod, Status: status, UnitName: service };
}

/** `name` takes a pattern of the shell's, `pod` the file's name with or without `.pod`. */
function parseFilter(text: string): (quadlet: InstalledQuadlet) => boolean {
  const [key, value] = [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)];
  switch (key) {
    case 'name': {
      const glob = new Bun.Glob(value);
      return ({ name }) => glob.match(name);
    }
    case 'pod':
      return ({ pod }) => pod !== '' && (pod === value || pod === `${value}.pod`);
    case 'status':
      return ({ status }) => status === value;
    default:
      throw new ProaError('INVALID_FILTER', `filter ${text}: no such key`);
  }
}
