/**
 * A mount as a person asks for it. `-v` and `--mount` say the same things in different forms; inside there is one
 * vocabulary, the words that `-v` takes behind the second colon (podman-run(1), "--volume"), checked here.
 */
import { ProaError } from '../../core/error.ts';
import type { ContainerMount } from '../../storage/containers.ts';

/** `glob` stands for a bind mount of each path that its source, a pattern, matches. */
export type MountType = ContainerMount['type'] | 'glob';

export interface MountRequest {
  type: MountType;
  /** Bind: a host path. Volume: its name; empty for an anonymous one. Image: its name or id. */
  source: string;
  destination: string;
  /** See {@link ContainerMount.options}. */
  options: string[];
  /** `-v` makes a missing host folder, `--mount` does not. */
  createSource: boolean;
  /** Which option asked; none did for a mount of the engine's own. */
  origin?: ContainerMount['origin'];
  /** For a volume that is made now. */
  labels?: Record<string, string>;
  /** The same; left out: a folder. */
  driver?: { name: string; options: Record<string, string> };
}

/** Words of which at most one can be said. */
const CHOICES: readonly (readonly string[])[] = [
  ['ro', 'rw'],
  ['z', 'Z', 'O'],
  ['copy', 'nocopy'],
  ['bind', 'rbind'],
  ['exec', 'noexec'],
  ['suid', 'nosuid'],
  ['dev', 'nodev'],
  ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave', 'unbindable', 'runbindable'],
  // Of Docker on a Mac; Linux has but one consistency.
  ['consistent', 'cached', 'delegated', 'default'],
  ['U'],
];

const WORDS = new Set(CHOICES.flat());
const VALUES = new Set(['idmap', 'subpath', 'upperdir', 'workdir']);

export const PROPAGATION = /^r?(private|shared|slave|unbindable)$/;

/**
 * Checks the words of a bind mount or a volume.
 * @returns why they cannot be, in Docker's words where it has some; undefined when they can
 */
export function objection(type: 'bind' | 'volume', words: readonly string[]): string | undefined {
  const mode = `invalid mode: ${words.join(',')}`;
  if (words.some((word) => !isWord(word))) return mode;
  for (const choice of CHOICES) {
    if (words.filter((word) => choice.includes(word)).length > 1) return mode;
  }
  const config = `invalid mount config for type "${type}"`;
  if (type === 'bind' && words.some((word) => word === 'copy' || word === 'nocopy' || /^subpath=/.test(word)))
    return `${config}: field VolumeOptions must not be specified`;
  if (type === 'volume' && words.some((word) => PROPAGATION.test(word)))
    return `${config}: field BindOptions must not be specified`;
  const own = words.filter((word) => !/^(O|(upperdir|workdir)=.*)$/.test(word));
  const dirs = words.filter((word) => /^(upperdir|workdir)=/.test(word));
  if (words.includes('O') && own.length > 0) return `can't use 'O' with other options (${own.join(', ')})`;
  if (dirs.length > 0 && !words.includes('O')) return `${mode}: upperdir and workdir are for O`;
  if (dirs.length === 1) return `${mode}: upperdir and workdir go together`;
  return undefined;
}

function isWord(word: string): boolean {
  const equals = word.indexOf('=');
  if (equals < 0) return WORDS.has(word) || word === 'idmap';
  return VALUES.has(word.slice(0, equals)) && equals < word.length - 1;
}

/** The value of `NAME=VALUE` among a mount's words. */
export function wordValue(words: readonly string[], name: string): string | undefined {
  return words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
}

/**
 * The path in the container, normalised, with Docker's words when it cannot be.
 * @param what begins the message
 * @throws ProaError INVALID_MOUNT
 */
export function mountTarget(path: string, what: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  if (path.startsWith('/') && parts.length > 0) return `/${parts.join('/')}`;
  const why = path.startsWith('/')
    ? "invalid specification: destination can't be '/'"
    : `invalid mount path: '${path}' mount path must be absolute`;
  throw new ProaError('INVALID_MOUNT', `${what}: ${why}`);
}
