/** `--mount`: a line of comma-separated values with Docker's keys, and Podman's where Docker has none. */
import { parseByteSize } from '../../core/byte-size.ts';
import { csvFields } from '../../core/csv-fields.ts';
import { ProaError } from '../../core/error.ts';
import { type MountRequest, type MountType, mountTarget, objection, PROPAGATION } from './mount-request.ts';
import { hostPath } from './volume-option.ts';

const TYPES: readonly MountType[] = ['bind', 'volume', 'tmpfs', 'image', 'devpts', 'ramfs', 'glob'];

/** What stands before the equals sign → the word that we use inside. */
const SYNONYMS: Readonly<Record<string, string>> = {
  src: 'source',
  dst: 'target',
  destination: 'target',
  ro: 'readonly',
  rw: 'readwrite',
  chown: 'u',
  'volume-subpath': 'subpath',
  'image-subpath': 'subpath',
};

/** Mount flags that Podman takes by themselves, for the types that have them. */
const FLAGS = /^(no)?(exec|suid|dev)$/;

/** Which keys go with which types; a key that is not here goes with all. */
const KEYS: Readonly<Record<string, readonly MountType[]>> = {
  'bind-propagation': ['bind', 'glob'],
  'bind-nonrecursive': ['bind', 'glob'],
  'bind-recursive': ['bind', 'glob'],
  relabel: ['bind', 'glob'],
  'volume-nocopy': ['volume'],
  'volume-label': ['volume'],
  'volume-driver': ['volume'],
  'volume-opt': ['volume'],
  subpath: ['volume', 'image'],
  'tmpfs-size': ['tmpfs'],
  'tmpfs-mode': ['tmpfs', 'ramfs'],
  tmpcopyup: ['tmpfs', 'ramfs'],
  notmpcopyup: ['tmpfs', 'ramfs'],
  uid: ['devpts'],
  gid: ['devpts'],
  mode: ['devpts'],
  max: ['devpts'],
  idmap: ['bind', 'glob', 'volume'],
  u: ['bind', 'glob', 'volume', 'tmpfs'],
  readwrite: ['bind', 'glob', 'volume', 'image', 'tmpfs', 'ramfs'],
};

/** Keys whose value, "true" or "false", may be left out. */
const SWITCHES = new Set(
  'readonly readwrite bind-nonrecursive volume-nocopy tmpcopyup notmpcopyup u idmap'.split(' '),
);
const VALUED = new Set(
  (
    'type source target consistency bind-propagation bind-recursive relabel volume-label volume-driver volume-opt ' +
    'subpath tmpfs-size tmpfs-mode uid gid mode max'
  ).split(' '),
);

interface Field {
  key: string;
  /** As it was written, for messages. */
  written: string;
  value: string;
  on: boolean;
}

/**
 * Parses `type=bind,source=/a,target=/b,readonly`. A value with a comma is quoted as in RFC 4180:
 * `type=bind,"source=/a,b",target=/c`.
 * @throws ProaError INVALID_MOUNT
 */
export function parseMountOption(text: string, cwd: string): MountRequest {
  const fail = (why: string): ProaError =>
    new ProaError('INVALID_MOUNT', `invalid argument ${JSON.stringify(text)} for "--mount" flag: ${why}`);
  const fields = csvFields(text, fail).map((field) => readField(field, fail));
  const value = (key: string): string => fields.findLast((field) => field.key === key)?.value ?? '';
  const type = (value('type').toLowerCase() || 'volume') as MountType;
  if (value('target') === '' && type !== 'glob') throw fail('target is required');
  const config = `invalid mount config for type "${type}"`;
  if (!TYPES.includes(type)) {
    throw new ProaError('INVALID_MOUNT', `${config}: mount type unknown`, {
      hint: `Types: ${TYPES.join(', ')}`,
    });
  }
  for (const { key, written } of fields) {
    if (KEYS[key]?.includes(type) === false || (FLAGS.test(key) && type === 'image')) {
      const [, group] = /^(bind|volume|tmpfs)-/.exec(written) ?? [];
      throw fail(
        `cannot mix '${group === undefined ? written : `${group}-*`}' options with mount type '${type}'`,
      );
    }
  }
  const options = fields.flatMap((field) => wordsOf(field, type, fail));
  const why = type === 'bind' || type === 'volume' ? objection(type, options) : undefined;
  if (why !== undefined) throw fail(why);
  const source = sourceOf(type, value('source'), cwd, config);
  return {
    type,
    source,
    // A glob without a target mounts each path where it is on the host.
    destination: value('target') === '' ? '' : mountTarget(value('target'), config),
    options,
    createSource: false,
    origin: 'mount',
    ...labelsOf(fields),
    ...driverOf(fields),
  };
}

function readField(text: string, fail: (why: string) => ProaError): Field {
  const equals = text.indexOf('=');
  const written = equals < 0 ? text : text.slice(0, equals);
  const lower = written.toLowerCase();
  const key = SYNONYMS[lower] ?? lower;
  const known = SWITCHES.has(key) || VALUED.has(key) || FLAGS.test(key);
  const value = equals < 0 ? '' : text.slice(equals + 1);
  if (equals < 0 && !SWITCHES.has(key) && !FLAGS.test(key))
    throw fail(`invalid field '${text}' must be a key=value pair`);
  if (!known) throw fail(`unexpected key '${written}' in '${text}'`);
  // idmap alone takes the container's own mapping; with a value it says which.
  if (equals < 0 || !SWITCHES.has(key) || (key === 'idmap' && !isBool(value)))
    return { key, written, value, on: true };
  if (!isBool(value)) throw fail(`invalid value for ${written}: ${value}`);
  return { key, written, value, on: /^(1|t|true)$/i.test(value) };
}

function isBool(text: string): boolean {
  return /^(1|0|t|f|true|false|T|F|TRUE|FALSE|True|False)$/.test(text);
}

/** A field in the vocabulary of `-v`. */
function wordsOf(field: Field, type: MountType, fail: (why: string) => ProaError): string[] {
  const { key, value, on } = field;
  switch (key) {
    case 'readonly':
    case 'readwrite':
      // An image is read-only by itself, everything else is writable.
      if (type === 'image') return on === (key === 'readwrite') ? ['rw'] : [];
      return on === (key === 'readonly') ? ['ro'] : [];
    case 'bind-propagation':
      if (!PROPAGATION.test(value)) {
        throw new ProaError(
          'INVALID_MOUNT',
          `invalid mount config for type "${type}": invalid propagation mode: ${value}`,
        );
      }
      return [value];
    case 'bind-nonrecursive':
      return on ? ['bind'] : [];
    case 'bind-recursive':
      return recursion(value, fail);
    case 'relabel':
      if (value !== 'shared' && value !== 'private') throw fail("relabel must be 'private' or 'shared'");
      return [value === 'shared' ? 'z' : 'Z'];
    case 'volume-nocopy':
      return on ? ['nocopy'] : [];
    case 'subpath':
      return [`subpath=${value}`];
    case 'tmpfs-size':
      return [`size=${tmpfsSize(value, fail)}`];
    case 'tmpfs-mode':
      if (!/^[0-7]{1,5}$/.test(value)) throw fail(`invalid value for tmpfs-mode: ${value}`);
      return [`mode=${value}`];
    case 'tmpcopyup':
    case 'notmpcopyup':
      return on ? [key] : [];
    case 'u':
      return on ? ['U'] : [];
    case 'idmap':
      return on ? [value === '' || isBool(value) ? 'idmap' : `idmap=${value}`] : [];
    case 'uid':
    case 'gid':
    case 'max':
      if (!/^\d+$/.test(value)) throw fail(`invalid value for ${key}: ${value}`);
      return [`${key}=${value}`];
    case 'mode':
      if (!/^[0-7]{1,5}$/.test(value)) throw fail(`invalid value for mode: ${value}`);
      return [`mode=${value}`];
    default:
      return FLAGS.test(key) ? [key] : [];
  }
}

/** Docker's: what becomes of mounts below the source. */
function recursion(value: string, fail: (why: string) => ProaError): string[] {
  if (value === 'enabled') return [];
  if (value === 'disabled') return ['bind'];
  if (value === 'writable' || value === 'readonly') {
    throw fail(
      `bind-recursive=${value}: the runtimes cannot; a read-only mount leaves those below it writable`,
    );
  }
  throw fail(
    `invalid value for bind-recursive: ${value} (must be "enabled", "disabled", "writable", or "readonly")`,
  );
}

function tmpfsSize(text: string, fail: (why: string) => ProaError): string {
  if (/^\d+%$/.test(text)) return text;
  const bytes = parseByteSize(text);
  if (bytes === undefined) throw fail(`invalid value for tmpfs-size: ${text}`);
  return String(bytes);
}

function sourceOf(type: MountType, source: string, cwd: string, config: string): string {
  const fail = (why: string): ProaError => new ProaError('INVALID_MOUNT', `${config}: field Source ${why}`);
  switch (type) {
    case 'bind':
    case 'glob':
      if (source === '') throw fail('must not be empty');
      return hostPath(source, cwd);
    case 'image':
      if (source === '') throw fail('must not be empty');
      return source;
    case 'volume':
      return source;
    default:
      if (source !== '') throw fail('must not be specified');
      return type;
  }
}

/** KEY=VALUE texts of all fields of one key. */
function pairsOf(fields: readonly Field[], key: string): Record<string, string> {
  return Object.fromEntries(
    fields
      .filter((field) => field.key === key)
      .map(({ value }) => (value.includes('=') ? value : `${value}=`))
      .map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  );
}

function labelsOf(fields: readonly Field[]): Pick<MountRequest, 'labels'> {
  const labels = pairsOf(fields, 'volume-label');
  return Object.keys(labels).length === 0 ? {} : { labels };
}

function driverOf(fields: readonly Field[]): Pick<MountRequest, 'driver'> {
  const name = fields.findLast(({ key }) => key === 'volume-driver')?.value ?? '';
  return volumeDriver(name, pairsOf(fields, 'volume-opt'));
}

/**
 * What a volume that is made now is to be, when that is said.
 * @throws ProaError NO_VOLUME_DRIVER: there are no plugins
 */
export function volumeDriver(
  name: string,
  options: Record<string, string> = {},
): Pick<MountRequest, 'driver'> {
  if (name !== '' && name !== 'local' && name !== 'image')
    throw new ProaError('NO_VOLUME_DRIVER', `use volume driver ${name}: Proa has "local" and "image"`);
  if (name !== 'image' && Object.keys(options).length === 0) return {};
  return { driver: { name: name || 'local', options } };
}
