/** `RUN --mount=…` (https://docs.docker.com/reference/dockerfile/#run---mount): its text → what is to be mounted. */
import { basename, normalize } from 'node:path/posix';
import { parseByteSize } from '../../core/byte-size.ts';
import { parseCsv } from './csv.ts';
import { syntaxError, unknownWord } from './syntax-error.ts';

interface Mount {
  /** As written; a relative one begins at WORKDIR. */
  readonly target: string;
  readonly readOnly: boolean;
  /** Podman's `z` and `Z`, for SELinux. */
  readonly relabel?: 'shared' | 'private';
}
interface Owned {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}
/** Files of the build context, or of a stage, image or context named `from`. What is written to it is gone after the step. */
export interface BindMount extends Mount {
  readonly type: 'bind';
  readonly source: string;
  readonly from?: string;
}
/** A folder that stays between builds. `from` and `source`: what it holds the first time. */
export interface CacheMount extends Mount, Owned {
  readonly type: 'cache';
  readonly id: string;
  readonly sharing: 'shared' | 'private' | 'locked';
  readonly source: string;
  readonly from?: string;
}
export interface TmpfsMount extends Mount {
  readonly type: 'tmpfs';
  /** Bytes. */
  readonly size?: number;
}
/** A secret of the build, as a file unless there is no target, as a variable if there is `env`. */
export interface SecretMount extends Owned {
  readonly type: 'secret';
  readonly id: string;
  readonly target?: string;
  readonly env?: string;
  /** The step fails without the secret; else it is simply not there. */
  readonly required: boolean;
}
/** The socket of an agent. */
export interface SshMount extends Owned {
  readonly type: 'ssh';
  readonly id: string;
  /** undefined: `/run/buildkit/ssh_agent.N`, N counting the step's. */
  readonly target?: string;
  readonly required: boolean;
}
export type RunMount = BindMount | CacheMount | TmpfsMount | SecretMount | SshMount;

const TYPES = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const;
type Type = (typeof TYPES)[number];

const ALIASES: Readonly<Record<string, string>> = {
  src: 'source',
  dst: 'target',
  destination: 'target',
  ro: 'readonly',
  rw: 'readwrite',
};
const KEYS = [
  ...['type', 'from', 'source', 'target', 'readonly', 'readwrite', 'id', 'sharing', 'required'],
  ...['mode', 'uid', 'gid', 'size', 'env', 'relabel'],
];
/** Keys that mean something to these types only; the others are for every type, or without effect. */
const ONLY_FOR: Readonly<Record<string, readonly Type[]>> = {
  mode: ['cache', 'secret', 'ssh'],
  uid: ['cache', 'secret', 'ssh'],
  gid: ['cache', 'secret', 'ssh'],
  required: ['secret', 'ssh'],
  size: ['tmpfs'],
  sharing: ['cache'],
  env: ['secret'],
};
/** Those that need no value. */
const BOOLEANS = ['readonly', 'readwrite', 'required'];

/**
 * @param text behind `--mount=`, its variables replaced
 * @throws ProaError DOCKERFILE_SYNTAX with the option, and the nearest one that there is
 */
export function parseRunMount(text: string): RunMount {
  const options = optionsOf(text);
  const type = oneOf('mount type', options.get('type') ?? 'bind', TYPES);
  for (const key of options.keys()) {
    const types = ONLY_FOR[key];
    if (types !== undefined && !types.includes(type)) {
      throw syntaxError(
        `--mount=${text}: ${key} is not for type=${type}`,
        `it is for type=${types.join(' or type=')}`,
      );
    }
  }
  return MAKERS[type](options, text);
}

/**
 * The stage, context or image that a mount takes its files from.
 * @param text behind `--mount=`, before variables are replaced: this option takes none, as stages are chosen before they run
 * @throws ProaError DOCKERFILE_SYNTAX for a variable there
 */
export function mountOrigin(text: string): string | undefined {
  const fields = parseCsv(text);
  if (fields.some((field) => /^type=(tmpfs|secret|ssh)$/i.test(field))) return undefined;
  const from = fields.findLast((field) => /^from=/i.test(field))?.slice(5);
  if (from !== undefined && /\$./.test(from)) {
    throw syntaxError(
      `--mount=${text}: variables are not replaced in from`,
      `add a stage, FROM ${from} AS name, and use from=name`,
    );
  }
  return from || undefined;
}

type Options = ReadonlyMap<string, string>;

const MAKERS: Readonly<Record<Type, (options: Options, text: string) => RunMount>> = {
  bind: (options, text) => ({
    type: 'bind',
    ...place(options, text, true),
    ...origin(options),
  }),
  cache: (options, text) => {
    const mount = place(options, text, false);
    return {
      type: 'cache',
      id: options.get('id') || normalize(mount.target),
      sharing: oneOf('sharing', options.get('sharing') ?? 'shared', ['shared', 'private', 'locked']),
      ...mount,
      ...origin(options),
      ...ownership(options, 0o755),
    };
  },
  tmpfs: (options, text) => {
    const size = options.get('size');
    return {
      type: 'tmpfs',
      ...place(options, text, false),
      ...(size !== undefined && { size: bytes(size) }),
    };
  },
  secret: (options, text) => {
    const [source, env] = [options.get('source'), options.get('env')];
    const target = options.get('target') || undefined;
    if (options.has('from'))
      throw syntaxError(`--mount=${text}: a secret comes from nowhere else, leave out from`);
    if (source !== undefined && options.has('id'))
      throw syntaxError(`--mount=${text}: source and id are the same`);
    const id = source || options.get('id') || (target && basename(target));
    if (!id) throw syntaxError(`--mount=${text}: which secret?`, 'add id=NAME');
    const file = target ?? (env === undefined ? `/run/secrets/${basename(id)}` : undefined);
    return {
      type: 'secret',
      id,
      ...(file !== undefined && { target: file }),
      ...(env !== undefined && { env }),
      required: boolean(options, 'required') ?? false,
      ...ownership(options, 0o400),
    };
  },
  ssh: (options) => {
    const target = options.get('target') || undefined;
    return {
      type: 'ssh',
      id: options.get('id') || 'default',
      ...(target !== undefined && { target }),
      required: boolean(options, 'required') ?? false,
      ...ownership(options, 0o600),
    };
  },
};

/** The last of several of one name counts. */
function optionsOf(text: string): Map<string, string> {
  const options = new Map<string, string>();
  for (const field of parseCsv(text)) {
    const equals = field.indexOf('=');
    const written = equals < 0 ? field : field.slice(0, equals);
    if (equals < 0 && /^z$/i.test(written)) {
      options.set('relabel', written === 'z' ? 'shared' : 'private');
      continue;
    }
    const name = written.toLowerCase();
    const key = ALIASES[name] ?? name;
    if (!KEYS.includes(key))
      throw unknownWord('option of --mount:', written, [...KEYS, ...Object.keys(ALIASES)]);
    if (equals < 0 && !BOOLEANS.includes(key))
      throw syntaxError(`--mount=${text}: ${written} needs a value: ${written}=…`);
    // `ro` and `rw` speak of the same thing, and the later one counts
    if (key === 'readonly') options.delete('readwrite');
    if (key === 'readwrite') options.delete('readonly');
    options.set(key, equals < 0 ? 'true' : field.slice(equals + 1));
  }
  return options;
}

function place(options: Options, text: string, readOnly: boolean): Mount {
  const target = options.get('target');
  if (!target) throw syntaxError(`--mount=${text}: where to?`, 'add target=/PATH');
  if (normalize(target).replace(/\/$/, '') === '')
    throw syntaxError(`--mount=${text}: the target cannot be /`);
  const writable = boolean(options, 'readwrite');
  const relabel = options.get('relabel');
  return {
    target,
    readOnly: boolean(options, 'readonly') ?? (writable === undefined ? readOnly : !writable),
    ...(relabel !== undefined && { relabel: oneOf('relabel', relabel, ['shared', 'private']) }),
  };
}

function origin(options: Options): { source: string; from?: string } {
  const from = options.get('from');
  return { source: options.get('source') || '/', ...(from && { from }) };
}

function ownership(options: Options, mode: number): Owned {
  return {
    mode: number(options, 'mode', 8) ?? mode,
    uid: number(options, 'uid', 10) ?? 0,
    gid: number(options, 'gid', 10) ?? 0,
  };
}

function number(options: Options, key: string, base: 8 | 10): number | undefined {
  const text = options.get(key);
  if (text === undefined) return undefined;
  const value = (base === 8 ? /^[0-7]+$/ : /^\d+$/).test(text) ? Number.parseInt(text, base) : Number.NaN;
  if (value < 2 ** 32) return value;
  throw syntaxError(`--mount: ${key}=${text} is no ${base === 8 ? 'octal ' : ''}number`);
}

/** Go's strconv.ParseBool. */
function boolean(options: Options, key: string): boolean | undefined {
  const text = options.get(key);
  if (text === undefined) return undefined;
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw syntaxError(`--mount: ${key}=${text} is neither true nor false`);
}

function bytes(text: string): number {
  const size = parseByteSize(text);
  if (size === undefined) throw syntaxError(`--mount: size=${text} is no size`, 'write it as 64m or 1g');
  return size;
}

function oneOf<const T extends string>(what: string, text: string, words: readonly T[]): T {
  const found = words.find((word) => word === text.toLowerCase());
  if (found === undefined) throw unknownWord(what, text, words);
  return found;
}
