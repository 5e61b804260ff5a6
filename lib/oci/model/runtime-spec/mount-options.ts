/** Mounts that a user asks for, as entries of the runtime specification: `--tmpfs`, bind mounts and volumes. */
import { ProaError } from '../../../core/error.ts';
import type { Mount } from './types.ts';

const TMPFS_FLAGS = new Set(
  (
    'rw ro nosuid suid nodev dev noexec exec sync async dirsync remount mand nomand atime noatime diratime nodiratime ' +
    'relatime norelatime strictatime nostrictatime defaults private rprivate shared rshared slave rslave unbindable ' +
    'runbindable tmpcopyup notmpcopyup U'
  ).split(' '),
);
const TMPFS_VALUES = new Set(['size', 'mode', 'uid', 'gid', 'nr_inodes', 'nr_blocks', 'mpol']);
/** Flags that take each other's place. */
const OPPOSITES: readonly (readonly [string, string])[] = [
  ['rw', 'ro'],
  ['nosuid', 'suid'],
  ['nodev', 'dev'],
  ['noexec', 'exec'],
];

/**
 * The parts of `--tmpfs PATH[:OPTION,…]` as they were given.
 * @throws ProaError INVALID_MOUNT
 */
export function splitTmpfs(value: string): { destination: string; options: string[] } {
  const colon = value.indexOf(':');
  const destination = colon < 0 ? value : value.slice(0, colon);
  const options =
    colon < 0
      ? []
      : value
          .slice(colon + 1)
          .split(',')
          .filter(Boolean);
  for (const option of options) {
    const equals = option.indexOf('=');
    const name = equals < 0 ? option : option.slice(0, equals);
    if (equals < 0 ? TMPFS_FLAGS.has(name) : TMPFS_VALUES.has(name)) continue;
    throw new ProaError('INVALID_MOUNT', `mount tmpfs ${value}: invalid tmpfs option ["${option}"]`, {
      hint: `flags such as ro or exec, and ${[...TMPFS_VALUES].join('=, ')}=`,
    });
  }
  return { destination: containerPath(destination), options };
}

/**
 * `--tmpfs PATH[:OPTION,…]`. Without options nosuid, nodev, noexec (`exec` and so on undo them), and mode 1777 where the
 * image has no such folder, as docker-run(1) has it.
 * @throws ProaError INVALID_MOUNT
 */
export function parseTmpfs(value: string): Mount {
  const { destination, options } = splitTmpfs(value);
  return tmpfsMount(destination, options);
}

/** A tmpfs with the safe flags, unless `options` say otherwise. */
export function tmpfsMount(destination: string, options: readonly string[] = []): Mount {
  const wanted = options.filter((option) => option !== 'defaults' && option !== 'notmpcopyup');
  return {
    destination: containerPath(destination),
    type: 'tmpfs',
    source: 'tmpfs',
    options: [...keepUnopposed(['nosuid', 'nodev', 'noexec'], wanted), ...wanted],
  };
}

/** A set of terminals of its own (devpts(5)). `options`: uid=, gid=, mode=, max=. */
export function devptsMount(destination: string, options: readonly string[]): Mount {
  const asked = options.some((option) => option.startsWith('mode=')) ? [] : ['mode=0620'];
  return {
    destination: containerPath(destination),
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', ...asked, ...options],
  };
}

export interface BindMountInput {
  /** Absolute path on the host. */
  source: string;
  destination: string;
  readonly?: boolean;
  /** `rprivate` when left out. */
  propagation?: string;
  /** Leave out what is mounted below the source. */
  nonRecursive?: boolean;
  /** Further mount flags, such as nosuid. */
  options?: readonly string[];
}

export function bindMount(input: BindMountInput): Mount {
  const options = [input.nonRecursive ? 'bind' : 'rbind', input.propagation ?? 'rprivate'];
  if (input.readonly) options.push('ro');
  options.push(...(input.options ?? []));
  return { destination: containerPath(input.destination), type: 'bind', source: input.source, options };
}

/**
 * The normal form of an absolute path in a container: no `.`, `..`, doubled or trailing slashes.
 * @throws ProaError INVALID_MOUNT for a relative path and for `/` itself
 */
export function containerPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  if (path.startsWith('/') && parts.length > 0) return `/${parts.join('/')}`;
  throw new ProaError(
    'INVALID_MOUNT',
    `mount at ${JSON.stringify(path)}: ${path.startsWith('/') ? 'the destination cannot be /' : 'the path in the container must be absolute'}`,
  );
}

function keepUnopposed(defaults: readonly string[], wanted: readonly string[]): string[] {
  const gone = new Set<string>(wanted);
  for (const [a, b] of OPPOSITES) {
    if (wanted.includes(b)) gone.add(a);
  }
  return defaults.filter((option) => !gone.has(option));
}
