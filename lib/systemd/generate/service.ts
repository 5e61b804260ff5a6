/**
 * The service of a container, as podman-generate-systemd(1) describes it, for our own program. One that starts a container
 * that is there (`Type=forking`, told by conmon's pid file), or one that makes it anew each time (`Type=notify`).
 */
import { literalText, literalWord, quoteWord } from '../unit-file/words.ts';

export interface ServiceRequest {
  /** Without its suffix: `container-web`. */
  unit: string;
  /** The unit is a template: `container-web@.service`. */
  template: boolean;
  /** Our program, and the global options of its calls, each with its value: `/usr/bin/proa`, `--root=/srv/proa`. */
  program: readonly string[];
  restart: { policy: string; burst?: number; seconds?: number };
  /** Seconds. */
  startTimeout?: number;
  /** Seconds that the container has for its end. */
  stopTimeout: number;
  after: readonly string[];
  wants: readonly string[];
  requires: readonly string[];
  /** NAME=VALUE */
  environment: readonly string[];
  /** What must be mounted: a folder, in which systemd's specifiers may stand. */
  mounts: string;
  start: StartExisting | StartNew;
}

export interface StartExisting {
  kind: 'existing';
  /** By which it is started: its name or id. */
  container: string;
  /** Where conmon's pid is written. */
  pidFile: string;
}

/** Words in which systemd's specifiers stand, and `%` and `$` are doubled where they mean themselves. */
export interface StartNew {
  kind: 'new';
  /** `run` or `container run`. */
  verb: readonly string[];
  /** Each option with its value. */
  options: readonly (readonly string[])[];
  /** Image and command. */
  args: readonly string[];
}

/** systemd waits as long as the container has for its end, and this much longer (Podman's): it cleans up after that. */
const STOP_GRACE = 60;

/** The unit file's text. @param comments lines of a header below its name */
export function serviceText(request: ServiceRequest, comments: readonly string[]): string {
  const file = `${request.unit}${request.template ? '@' : ''}.service`;
  return [
    ...[file, ...comments].map((line) => `# ${line}`),
    '',
    '[Unit]',
    `Description=Proa ${request.unit}.service${request.template ? ' for %I' : ''}`,
    'Documentation=man:proa-generate-systemd(1)',
    'Wants=network-online.target',
    'After=network-online.target',
    `RequiresMountsFor=${request.mounts}`,
    ...userDependencies(request),
    '',
    '[Service]',
    'Environment=PODMAN_SYSTEMD_UNIT=%n',
    ...request.environment.map((entry) => `Environment=${quoteWord(literalText(entry))}`),
    `Restart=${request.restart.policy}`,
    ...assignment('StartLimitBurst', request.restart.burst),
    ...assignment('RestartSec', request.restart.seconds),
    ...assignment('TimeoutStartSec', request.startTimeout),
    `TimeoutStopSec=${request.stopTimeout + STOP_GRACE}`,
    ...(request.start.kind === 'new'
      ? commandsOfNew(request, request.start)
      : commandsOf(request, request.start)),
    '',
    '[Install]',
    'WantedBy=default.target',
    '',
  ].join('\n');
}

function assignment(key: string, value: number | undefined): string[] {
  return value ? [`${key}=${value}`] : [];
}

function userDependencies({ wants, after, requires }: ServiceRequest): string[] {
  const lines = Object.entries({ Wants: wants, After: after, Requires: requires })
    .filter(([, units]) => units.length > 0)
    .map(([key, units]) => `${key}=${units.join(' ')}`);
  return lines.length > 0 ? ['', '# User-defined dependencies', ...lines] : [];
}

function commandsOf(
  { program, stopTimeout }: ServiceRequest,
  { container, pidFile }: StartExisting,
): string[] {
  const stop = commandLine([...call(program, 'stop'), ['-t', String(stopTimeout), container]]);
  return [
    `ExecStart=${commandLine([...call(program, 'start'), [container]])}`,
    `ExecStop=${stop}`,
    // Also when it ended otherwise, or its start took too long.
    `ExecStopPost=${stop}`,
    `PIDFile=${literalText(pidFile)}`,
    'Type=forking',
  ];
}

/** In systemd's folder for what a reboot drops, and by the unit's own name. */
const ID_FILE = '%t/%n.ctr-id';

function commandsOfNew(
  { program, stopTimeout }: ServiceRequest,
  { verb, options, args }: StartNew,
): string[] {
  const id = [`--cidfile=${ID_FILE}`];
  const end = ['--ignore', '-t', String(stopTimeout)];
  return [
    `ExecStartPre=${commandLine([['/bin/rm'], ['-f', ID_FILE]])}`,
    `ExecStart=${commandLine([...call(program, ...verb), id, ...options, ...args.map((word) => [word])])}`,
    `ExecStop=${commandLine([...call(program, 'stop'), end, id])}`,
    `ExecStopPost=${commandLine([...call(program, 'rm'), ['-f'], end, id])}`,
    'Type=notify',
    'NotifyAccess=all',
  ];
}

/** The program and what is before the verb's options. */
function call(program: readonly string[], ...verb: readonly string[]): string[][] {
  return [...program.map((word) => [literalWord(word)]), [...verb]];
}

/** Whatever begins with a dash begins a line: one that ends in a backslash goes on (systemd.syntax(7)). */
function commandLine(groups: readonly (readonly string[])[]): string {
  return groups
    .filter((words) => words.length > 0)
    .map((words) => words.map(quoteWord).join(' '))
    .reduce((line, next) => line + (next.startsWith('-') ? ' \\\n\t' : ' ') + next);
}
