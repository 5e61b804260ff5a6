import type { Line } from '../case.ts';

const MADE =
  'create --name $C $N -l b=2 -l a.x=1 -e A=1 -w /w -u app -m 64m --restart always -v /etc:/host:ro $I sh -c "echo a b"';
const inspect = (template: string): string => `${MADE} ; inspect -f '${template}' $C`;
const ps = (words: string): string => `${MADE} ; ps -a --filter name=$C ${words}`;

export const FORMATS: readonly Line[] = [
  inspect('{{.Name}} {{.Path}} {{.Args}}'),
  inspect('{{.State.Status}} {{.State.Running}} {{.State.Pid}} {{.State.ExitCode}} {{.State.Error}}|'),
  inspect('{{.Config.User}} {{.Config.WorkingDir}} {{.Config.Image}} {{.Config.Cmd}} {{.Config.Entrypoint}}'),
  inspect('{{.Config.Labels}} {{index .Config.Labels "a.x"}} {{index .Config.Labels "no"}}|'),
  inspect('{{json .Config.Labels}} {{json .Config.Cmd}} {{json .Config.Entrypoint}} {{json .State.Running}}'),
  inspect('{{range .Mounts}}{{.Type}} {{.Source}} {{.Destination}} {{.RW}};{{end}}'),
  inspect(
    '{{.HostConfig.Memory}} {{.HostConfig.RestartPolicy.Name}} {{.HostConfig.NetworkMode}} {{.HostConfig.Binds}}',
  ),
  inspect('{{printf "%q %5d|%-8s|%x" .Name .State.ExitCode .State.Status .Config.User}}'),
  inspect(
    '{{with .Config}}{{.User | upper}}{{end}} {{if .State.Running}}up{{else}}down{{end}} {{len .Mounts}}',
  ),
  inspect('{{range $k, $v := .Config.Labels}}{{$k}}:{{$v}} {{end}}{{$x := 1}}{{$x}}'),
  inspect(
    '{{join .Config.Cmd "+"}} {{split .Name "-"| len}} {{lower "AB"}} {{title "ab"}} {{slice .Name 0 2}}',
  ),
  inspect('{{/* nothing */}}{{- "trimmed" -}} {{define "t"}}<{{.}}>{{end}}{{template "t" .State.ExitCode}}'),
  [inspect('{{.NoSuch}}'), { but: ['out'], why: 'Docker prints an empty line before the error' }],
  inspect('{{.Name'),
  inspect('{{nosuch .Name}}'),
  `${MADE} ; inspect --type image $C`,
  [`${MADE} ; inspect $C $D`, { but: ['out'], why: 'the documents have their own values' }],
  ps(''),
  ps('-q'),
  ps('-q --no-trunc'),
  ps('--no-trunc --format "{{.ID}} {{.Command}}"'),
  ps('--format "{{.Names}} {{.Image}} {{.Command}} {{.State}} {{.Status}} {{.Ports}} {{.Networks}}"'),
  ps("--format 'table {{.Names}}\\t{{.Status}}'"),
  ps('--format \'table {{upper .Names}}\\t{{.Label "b"}}\''),
  ps('--format "{{.Label \\"b\\"}}"'),
  [ps('--format "{{.Labels}}"'), { but: ['out'], why: 'Docker’s order is chance' }],
  ps('--format "{{.Mounts}} {{.LocalVolumes}}"'),
  ps('--format "{{json .Names}} {{json .State}}"'),
  ps('--filter label=b=2 -q'),
  ps('--filter label=b=3 -q'),
  ps('--filter status=created -q'),
  ps('--filter status=exited -q'),
  ps('--filter status=nonsense'),
  ps('--filter nonsense=1'),
  ps('--format "{{.NoSuch}}"'),
  ps('--format "{{.Names"'),
  'run --name $C $N $I sh -c "exit 3" ; ps -a --filter name=$C --format "{{.Status}}"',
  'run --name $C $N $I sh -c "exit 3" ; ps -aq --filter name=$C --filter exited=3',
  'ps --filter name=$C',
];
