import { defineCommand } from '../../cli/command.ts';
import { renderError } from '../../cli/error-text.ts';
import { formatRows } from '../../cli/format.ts';
import { formatAge } from '../../cli/values.ts';
import { listMatchingSecrets } from '../../engine/secret/list.ts';
import type { SecretRecord } from '../../storage/secrets.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { isDebug } from '../globals.ts';

export const command = defineCommand({
  names: ['secret ls', 'secret list'],
  summary: 'List secrets',
  usage: '[OPTIONS]',
  examples: ['secret ls', "secret ls --filter label=app=shop --format '{{.Name}}'"],
  options: {
    filter: {
      short: 'f',
      type: 'list',
      metavar: 'KEY=VALUE',
      summary: 'Show only what matches: id, label, name',
    },
    format: {
      type: 'string',
      metavar: 'FORMAT',
      summary: "'table', 'table TEMPLATE', 'json' or a Go template",
    },
    noheading: { short: 'n', type: 'bool', summary: 'Leave out the heading of the table' },
    quiet: { short: 'q', type: 'bool', summary: 'Show only ids' },
  },
  args: { min: 0, max: 0 },
  run: ({ options }) =>
    withExitCode1(async () => {
      const { format, quiet } = options;
      const { secrets, bad } = listMatchingSecrets(openEngine().store, options.filter);
      for (const { error } of bad) process.stderr.write(renderError(error, { debug: isDebug() }));
      const text = await formatRows(secrets.map(secretRow), {
        format,
        quiet,
        defaultTable: 'table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.CreatedAt}}\t{{.UpdatedAt}}',
        headers: { CreatedAt: 'CREATED', UpdatedAt: 'UPDATED' },
      });
      const hasHeading = !quiet && /^\s*(table\b|$)/.test(format ?? '');
      await print(options.noheading && hasHeading ? text.slice(text.indexOf('\n') + 1) : text);
    }),
});

function secretRow({ id, name, driver, created, updated, labels }: SecretRecord): object {
  return {
    ID: id,
    Name: name,
    Driver: driver,
    CreatedAt: formatAge(created),
    UpdatedAt: formatAge(updated),
    Label: (key: string) => labels[key] ?? '',
    Labels: () =>
      Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .sort()
        .join(','),
  };
}
