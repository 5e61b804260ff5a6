import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { inspectSecret } from '../../engine/secret/inspect.ts';
import { openEngine } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { printInspected } from '../inspect-output.ts';

/** As Docker and Podman lay it out. */
const PRETTY = `ID:              {{.ID}}
Name:            {{.Spec.Name}}
{{- if .Spec.Labels}}
Labels:
{{- range $k, $v := .Spec.Labels}}
 - {{$k}}{{if $v}}={{$v}}{{end}}
{{- end}}{{end}}
Driver:          {{.Spec.Driver.Name}}
Created at:      {{.CreatedAt}}
Updated at:      {{.UpdatedAt}}
{{- if .SecretData}}
Secret:          {{.SecretData}}
{{- end}}`;

export const command = defineCommand({
  names: ['secret inspect'],
  summary: 'Show all about secrets but themselves',
  usage: '[OPTIONS] SECRET [SECRET...]',
  examples: ['secret inspect token', "secret inspect --showsecret --format '{{.SecretData}}' token"],
  options: {
    format: { short: 'f', type: 'string', metavar: 'FORMAT', summary: "'json' or a Go template" },
    pretty: { type: 'bool', summary: 'Show it for people' },
    showsecret: { type: 'bool', summary: 'Show the secret itself, too' },
  },
  args: { min: 1 },
  completeArgs: 'secret',
  run: ({ options, args }) =>
    withExitCode1(async () => {
      if (options.pretty && options.format !== undefined) {
        throw new ProaError('CONFLICTING_OPTIONS', 'conflicting options: --pretty and --format');
      }
      const { store } = openEngine();
      const show = options.showsecret;
      return printInspected(args, options.pretty ? PRETTY : options.format, async (name) => {
        const document = inspectSecret(store, name, show);
        // The template asks for it.
        return options.pretty && !show ? { ...document, SecretData: '' } : document;
      });
    }),
});
