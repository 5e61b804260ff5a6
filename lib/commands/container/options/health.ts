/** The options of `run` and `create` about health checks. */
import type { Options, OptionTable } from '../../../cli/command.ts';
import { parseDuration } from '../../../cli/values.ts';
import { messageOf, ProaError } from '../../../core/error.ts';
import type { CreateRequest } from '../../../engine/container/create.ts';
import type { Healthcheck } from '../../../oci/model/image-config.ts';
import type { HealthOptions } from '../../../storage/containers.ts';

const DURATION = { type: 'string', metavar: 'DURATION' } as const;
const COUNT = { type: 'int', metavar: 'NUMBER' } as const;

export const healthOptions = {
  'health-cmd': {
    type: 'string',
    metavar: 'COMMAND',
    summary:
      "Command that checks the health, for a shell or as a JSON array; 'none' disables the image's check",
  },
  'health-interval': {
    ...DURATION,
    summary: "Time between checks (default 30s); 'disable' leaves checks to proa healthcheck run",
  },
  'health-log-destination': {
    type: 'string',
    metavar: 'local|FOLDER|events_logger',
    summary: "Where checks are also logged: a folder, or 'events_logger' (default local)",
    complete: 'dir',
  },
  'health-max-log-count': { ...COUNT, summary: 'Checks that inspect shows (default 5; 0 for all)' },
  'health-max-log-size': { ...COUNT, summary: 'Bytes of output of a check (default 4096; 0 for all)' },
  'health-on-failure': {
    type: 'string',
    default: 'none',
    choices: ['none', 'kill', 'restart', 'stop'],
    summary: 'What to do when the container becomes unhealthy',
  },
  'health-retries': { ...COUNT, summary: 'Failures in a row that make it unhealthy (default 3)' },
  'health-start-interval': { ...DURATION, summary: 'Time between checks in the start period (default 5s)' },
  'health-start-period': { ...DURATION, summary: 'Time to start in which failures do not count' },
  'health-startup-cmd': {
    type: 'string',
    metavar: 'COMMAND',
    summary: 'Command that has to succeed before the other checks begin',
  },
  'health-startup-interval': { ...DURATION, summary: 'Time between start-up checks (default 30s)' },
  'health-startup-retries': {
    ...COUNT,
    summary: 'Failures in a row after which the container is restarted (default 0: never)',
  },
  'health-startup-success': { ...COUNT, summary: 'Successes in a row that it takes (default 1)' },
  'health-startup-timeout': { ...DURATION, summary: 'Time that a start-up check may take (default 30s)' },
  'health-timeout': { ...DURATION, summary: 'Time that a check may take (default 30s)' },
  'no-healthcheck': { type: 'bool', summary: "Do without the image's health check" },
} as const satisfies OptionTable;

type Given = Options<typeof healthOptions>;

/**
 * What the options ask for; nothing when none of them is given.
 * @param given long names of the options that were written down
 * @throws ProaError CONFLICTING_OPTIONS, INVALID_OPTION
 */
export function readHealthOptions(
  options: Given,
  given: ReadonlySet<string>,
): Pick<CreateRequest, 'healthcheck' | 'health'> {
  const names = Object.keys(healthOptions).filter((name) => given.has(name) && name !== 'no-healthcheck');
  if (options['no-healthcheck']) {
    if (names.length > 0) throw conflict('--no-healthcheck', `--${names[0]}`);
    return { healthcheck: { Test: ['NONE'] } };
  }
  if (names.length === 0) return {};
  const healthcheck: Healthcheck = {
    ...some('Test', options['health-cmd'] === undefined ? undefined : parseTest(options['health-cmd'])),
    ...some(
      'Interval',
      options['health-interval'] === 'disable' ? undefined : time(options, 'health-interval'),
    ),
    ...some('Timeout', time(options, 'health-timeout')),
    ...some('StartPeriod', time(options, 'health-start-period')),
    ...some('StartInterval', time(options, 'health-start-interval')),
    ...some('Retries', count(options, 'health-retries')),
  };
  const onFailure = options['health-on-failure'];
  const health: HealthOptions = {
    ...(onFailure !== 'none' && { onFailure: onFailure as HealthOptions['onFailure'] }),
    ...(options['health-interval'] === 'disable' && { manual: true }),
    ...some('startup', readStartup(options, given)),
    ...some('logDestination', readDestination(options['health-log-destination'])),
    ...some('maxLogCount', count(options, 'health-max-log-count')),
    ...some('maxLogSize', count(options, 'health-max-log-size')),
  };
  return { healthcheck, health };
}

function readStartup(options: Given, given: ReadonlySet<string>): HealthOptions['startup'] {
  const command = options['health-startup-cmd'];
  if (command === undefined) {
    const orphan = Object.keys(healthOptions).find(
      (name) => name.startsWith('health-startup-') && given.has(name),
    );
    if (orphan === undefined) return undefined;
    throw new ProaError('INVALID_OPTION', `use --${orphan}: there is no start-up check`, {
      hint: 'Give its command: --health-startup-cmd COMMAND',
    });
  }
  return {
    Test: parseTest(command),
    ...some('Interval', time(options, 'health-startup-interval')),
    ...some('Timeout', time(options, 'health-startup-timeout')),
    ...some('Retries', count(options, 'health-startup-retries')),
    ...some('Successes', count(options, 'health-startup-success')),
  };
}

/** A member that is left out when there is no value for it. */
function some<Name extends string, Value>(name: Name, value: Value | undefined): { [N in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [N in Name]?: Value };
}

/** Docker: words for a shell. Podman also takes a JSON array: of the words themselves, or with what is to read them. */
function parseTest(text: string): string[] {
  if (text === '') return [];
  if (text.toLowerCase() === 'none') return ['NONE'];
  const words = text.startsWith('[') ? jsonWords(text) : undefined;
  if (words === undefined) return ['CMD-SHELL', text];
  if (['CMD', 'CMD-SHELL', 'NONE'].includes(words[0]!)) return words;
  return words.length === 1 ? ['CMD-SHELL', words[0]!] : ['CMD', ...words];
}

function jsonWords(text: string): string[] | undefined {
  try {
    const words = JSON.parse(text) as unknown;
    const fits = Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === 'string');
    return fits ? words : undefined;
  } catch {
    // Not JSON: then it is a command whose name begins with a bracket, such as [.
    return undefined;
  }
}

/** Nanoseconds; 0 takes the image's, or the default. */
function time(options: Given, name: keyof Given): number | undefined {
  const text = options[name] as string | undefined;
  if (text === undefined) return undefined;
  let seconds: number;
  try {
    seconds = parseDuration(text);
  } catch (cause) {
    throw invalid(name, text, messageOf(cause));
  }
  if (seconds !== 0 && seconds < 0.001) throw invalid(name, text, 'it cannot be less than 1ms');
  return Math.round(seconds * 1e9);
}

function count(options: Given, name: keyof Given): number | undefined {
  const value = options[name] as number | undefined;
  if (value !== undefined && value < 0) throw invalid(name, String(value), 'it cannot be negative');
  return value;
}

function readDestination(text: string | undefined): string | undefined {
  if (text === undefined || text === 'local' || text === 'events_logger') return text;
  return text.startsWith('/') ? text : `${process.cwd()}/${text}`;
}

function invalid(name: string, text: string, why: string): ProaError {
  return new ProaError('INVALID_OPTION', `invalid argument "${text}" for --${name}: ${why}`);
}

function conflict(a: string, b: string): ProaError {
  return new ProaError('CONFLICTING_OPTIONS', `conflicting options: ${a} and ${b}`);
}
