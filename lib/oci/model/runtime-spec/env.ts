/** The environment of a container's process: docker-run(1), `--env` and `--env-file`. */
import { ProaError } from '../../../core/error.ts';

export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface EnvInput {
  /** The image's `Env`. */
  image?: readonly string[] | undefined;
  /** What the user asked for, in order: env files first, then `-e`. `NAME` alone takes the variable away. */
  user?: readonly string[] | undefined;
  hostname?: string | undefined;
  home?: string | undefined;
  terminal?: boolean | undefined;
  /** What is not given by default: names, or `all` but HOME and HOSTNAME. Who asks for one by name gets it. */
  unset?: readonly string[] | 'all' | undefined;
}

/**
 * `NAME=VALUE` strings, each name once. Later sources win in the place of the earlier, in this order: PATH, HOSTNAME,
 * TERM (with a terminal), HOME; the image; the user.
 */
export function makeEnv(input: EnvInput): string[] {
  const env = new Map<string, string>([['PATH', DEFAULT_PATH]]);
  if (input.hostname) env.set('HOSTNAME', input.hostname);
  if (input.terminal) env.set('TERM', 'xterm');
  if (input.home) env.set('HOME', input.home);
  const unset = input.unset === 'all' ? ['PATH', 'TERM'] : (input.unset ?? []);
  for (const name of unset) env.delete(name);
  for (const entry of [...(input.image ?? []), ...(input.user ?? [])]) {
    const equals = entry.indexOf('=');
    if (equals < 0) env.delete(entry);
    else env.set(entry.slice(0, equals), entry.slice(equals + 1));
  }
  return Array.from(env, ([name, value]) => `${name}=${value}`);
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * One `-e`: `NAME=VALUE` stays, `NAME` takes the caller's value, or stays bare when the caller has none (which unsets
 * the image's, see {@link makeEnv}).
 * @throws ProaError INVALID_ENV when there is no name
 */
export function parseEnvOption(option: string, caller: Variables): string {
  if (option === '' || option.startsWith('=')) {
    throw new ProaError('INVALID_ENV', `set environment variable ${JSON.stringify(option)}: it has no name`, {
      hint: 'use --env NAME=VALUE, or --env NAME to pass on the value it has here',
    });
  }
  if (option.includes('=')) return option;
  const value = caller[option];
  return value === undefined ? option : `${option}=${value}`;
}

/**
 * An env file: one variable a line; empty lines and lines whose first character is `#` are skipped; blanks before the
 * name go, all else, quotes included, is the value as it stands. `NAME` alone takes the caller's value, if any.
 * @throws ProaError INVALID_ENV with the file and the line's number
 */
export function parseEnvFile(text: string, file: string, caller: Variables): string[] {
  const env: string[] = [];
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  for (const [index, raw] of lines.entries()) {
    const line = raw.replace(/\r$/, '').trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const equals = line.indexOf('=');
    const name = equals < 0 ? line.trimEnd() : line.slice(0, equals);
    const fail = (why: string): ProaError =>
      new ProaError('INVALID_ENV', `read env file ${file}: line ${index + 1}: ${why}`);
    if (name === '') throw fail('it has no variable name');
    if (/\s/.test(name)) throw fail(`variable ${JSON.stringify(name)} contains whitespace`);
    if (equals >= 0) env.push(line);
    else if (caller[name] !== undefined) env.push(`${name}=${caller[name]}`);
  }
  return env;
}

/**
 * `--env-merge NAME=TEXT`: the image's variables stand for `$NAME` and `${NAME}` in the text; what it lacks is empty.
 * @returns NAME=VALUE
 * @throws ProaError INVALID_ENV when there is no name or no text
 */
export function mergeEnvOption(option: string, image: readonly string[]): string {
  const equals = option.indexOf('=');
  if (equals < 1) {
    throw new ProaError(
      'INVALID_ENV',
      `merge environment variable ${JSON.stringify(option)}: it is not NAME=TEXT`,
      {
        hint: "for example --env-merge 'PATH=$PATH:/opt/bin'",
      },
    );
  }
  const values = new Map(
    image.map((entry) => [entry.split('=', 1)[0]!, entry.slice(entry.indexOf('=') + 1)]),
  );
  const text = option
    .slice(equals + 1)
    .replace(/\$(?:\{([^}]*)\}|([A-Za-z_]\w*))/g, (_, braced, plain) => values.get(braced ?? plain) ?? '');
  return `${option.slice(0, equals)}=${text}`;
}

const PROXY_NAMES = ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy', 'all_proxy'];

/** The caller's proxy settings, in both spellings, as NAME=VALUE. */
export function proxyEnv(caller: Variables): string[] {
  return PROXY_NAMES.flatMap((name) => [name, name.toUpperCase()])
    .filter((name) => caller[name] !== undefined)
    .map((name) => `${name}=${caller[name]}`);
}
