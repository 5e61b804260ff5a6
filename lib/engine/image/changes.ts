/**
 * `--change` of import and commit: single Dockerfile instructions that set an image's defaults
 * (https://docs.docker.com/reference/dockerfile/). Podman's spelling `CMD=…` is taken too.
 */
import { join } from 'node:path/posix';
import { messageOf, ProaError } from '../../core/error.ts';
import type { ContainerDefaults, Healthcheck } from '../../oci/model/image-config.ts';
import { jsonWords, splitPairs, splitWords } from './instruction-words.ts';

/** The members that an instruction sets. */
type Change = (text: string, now: ContainerDefaults) => ContainerDefaults;

const INSTRUCTIONS: Readonly<Record<string, Change>> = {
  CMD: (text, now) => ({ Cmd: commandOf(text, now) }),
  ENTRYPOINT: (text, now) => ({ Entrypoint: commandOf(text, now) }),
  ENV: (text, now) => ({ Env: withVariables(now.Env ?? [], splitPairs(text)) }),
  EXPOSE: (text, now) => ({
    ExposedPorts: { ...now.ExposedPorts, ...keys(splitWords(text).flatMap(portsOf)) },
  }),
  HEALTHCHECK: (text, now) => ({ Healthcheck: healthcheckOf(text, now) }),
  LABEL: (text, now) => ({ Labels: { ...now.Labels, ...Object.fromEntries(splitPairs(text)) } }),
  ONBUILD: (text, now) => ({ OnBuild: [...(now.OnBuild ?? []), text] }),
  SHELL: (text) => ({ Shell: jsonWords(text) ?? refuse('it takes a JSON list of words') }),
  STOPSIGNAL: (text) => ({ StopSignal: single(text) }),
  USER: (text) => ({ User: single(text) }),
  VOLUME: (text, now) => ({ Volumes: { ...now.Volumes, ...keys(jsonWords(text) ?? splitWords(text)) } }),
  WORKDIR: (text, now) => ({
    WorkingDir: text.startsWith('/') ? join(text) : join('/', now.WorkingDir ?? '', text),
  }),
};

const DEFAULT_SHELL = ['/bin/sh', '-c'];

/**
 * The defaults after all changes, which apply in their order.
 * @throws ProaError INVALID_CHANGE with the instruction
 */
export function applyChanges(defaults: ContainerDefaults, changes: readonly string[]): ContainerDefaults {
  const now = { ...defaults };
  for (const change of changes) Object.assign(now, applyChange(now, change));
  return now;
}

function applyChange(now: ContainerDefaults, change: string): ContainerDefaults {
  try {
    const match = /^\s*([A-Za-z]+)(?:\s+|\s*=\s*)(\S.*?)\s*$/s.exec(change);
    if (match === null) return refuse('it must be an instruction and its value, as in CMD ["sh"]');
    const instruction = match[1]!.toUpperCase();
    const set = Object.hasOwn(INSTRUCTIONS, instruction) ? INSTRUCTIONS[instruction] : undefined;
    if (set === undefined) return refuse(`only ${Object.keys(INSTRUCTIONS).join(', ')} can be changed`);
    return set(match[2]!, now);
  } catch (cause) {
    throw new ProaError('INVALID_CHANGE', `invalid change ${JSON.stringify(change)}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** A JSON list is the command itself, anything else is for the shell. */
function commandOf(text: string, { Shell }: ContainerDefaults): string[] {
  return jsonWords(text) ?? [...(Shell ?? DEFAULT_SHELL), text];
}

function withVariables(env: readonly string[], pairs: [string, string][]): string[] {
  const variables = new Map(env.map((entry) => [entry.split('=', 1)[0]!, entry]));
  for (const [name, value] of pairs) variables.set(name, `${name}=${value}`);
  return [...variables.values()];
}

/** `80`, `53/udp`, `8000-8002` → Docker's keys, one a port. */
function portsOf(text: string): string[] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (match === null || first < 1 || last > 65535 || last < first) return refuse(`${text} is no port`);
  const protocol = (match[3] ?? 'tcp').toLowerCase();
  return Array.from({ length: last - first + 1 }, (_, i) => `${first + i}/${protocol}`);
}

const DURATIONS: Readonly<Record<string, 'Interval' | 'Timeout' | 'StartPeriod' | 'StartInterval'>> = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
};

function healthcheckOf(text: string, now: ContainerDefaults): Healthcheck {
  const options: Record<string, number> = {};
  let rest = text;
  for (
    let match = /^--([a-z-]+)=(\S+)\s+/.exec(rest);
    match !== null;
    match = /^--([a-z-]+)=(\S+)\s+/.exec(rest)
  ) {
    const [whole, name, value] = match as unknown as [string, string, string];
    if (name === 'retries')
      options.Retries = /^\d+$/.test(value) ? Number(value) : refuse(`--${name} is a number`);
    else options[DURATIONS[name] ?? refuse(`there is no option --${name}`)] = nanoseconds(name, value);
    rest = rest.slice(whole.length);
  }
  if (/^NONE$/i.test(rest)) return { Test: ['NONE'] };
  const command = /^CMD\s+(.+)$/is.exec(rest)?.[1];
  if (command === undefined) return refuse('HEALTHCHECK takes NONE, or options and CMD with a command');
  const words = jsonWords(command);
  const shell = now.Shell === undefined ? ['CMD-SHELL', command] : ['CMD', ...now.Shell, command];
  return { Test: words === undefined ? shell : ['CMD', ...words], ...options };
}

const NANOSECONDS: Readonly<Record<string, number>> = { ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** Go's duration, in the units that make sense for a health check. */
function nanoseconds(name: string, text: string): number {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return refuse(`--${name} is a duration such as 1m30s`);
  const parts = [...text.matchAll(/([\d.]+)([a-z]+)/g)];
  return Math.round(parts.reduce((sum, [, number, unit]) => sum + Number(number) * NANOSECONDS[unit!]!, 0));
}

function single(text: string): string {
  const words = splitWords(text);
  return words.length === 1 ? words[0]! : refuse('it takes one word');
}

/** Go's `map[string]struct{}`. */
function keys(names: readonly string[]): Record<string, Record<string, never>> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}

function refuse(why: string): never {
  throw new ProaError('INVALID_CHANGE', why);
}
