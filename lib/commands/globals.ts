/** Options before (or after) the verb, the same for all commands. */
import type { Options, OptionTable } from '../cli/command.ts';

export const globalOptions = {
  'cgroup-manager': {
    type: 'string',
    metavar: 'MANAGER',
    choices: ['cgroupfs', 'systemd'],
    summary: 'Who makes cgroups: systemd (where it runs), or cgroupfs',
  },
  root: {
    type: 'string',
    metavar: 'DIR',
    summary: 'Where images, containers and volumes are kept',
    complete: 'dir',
  },
  runroot: {
    type: 'string',
    metavar: 'DIR',
    summary: 'Where state that a reboot invalidates is kept',
    complete: 'dir',
  },
  runtime: { type: 'string', metavar: 'NAME|PATH', summary: 'OCI runtime to use: crun, runc, or a path' },
  'log-level': {
    type: 'string',
    default: 'warn',
    choices: ['trace', 'debug', 'info', 'warn', 'warning', 'error', 'fatal', 'panic'],
    summary: 'With "debug", an error shows its causes and where it came from',
  },
  debug: { type: 'bool', short: 'D', summary: 'The same as --log-level=debug' },
  version: { type: 'bool', short: 'v', summary: 'Print the version and end' },
} as const satisfies OptionTable;

/** Those that may also stand after the verb: it is too late there to ask for the version instead. */
export const { version: _, ...globalOptionsAfterVerb } = globalOptions;

export type GlobalOptions = Options<typeof globalOptions>;

let current: Partial<GlobalOptions> = {};

/** Set once, by bin, before a command runs. */
export function setGlobals(options: Partial<GlobalOptions>): void {
  current = options;
}

export function globals(): Partial<GlobalOptions> {
  return current;
}

export function isDebug(): boolean {
  return current.debug === true || current['log-level'] === 'debug' || current['log-level'] === 'trace';
}
