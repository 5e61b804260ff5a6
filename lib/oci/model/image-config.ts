import { type Digest, parseDigest } from './digest.ts';
import { type DocumentKind, type JsonCursor, openJson } from './json-cursor.ts';
import { hostPlatform } from './platform.ts';

/** An image's config: what it is made of and how it wants to be run (image-spec, config.md, and Docker's additions). */
export interface ImageConfig {
  readonly created?: string;
  readonly author?: string;
  readonly architecture: string;
  readonly os: string;
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
  readonly variant?: string;
  readonly config: ContainerDefaults;
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly Digest[] };
  readonly history: readonly HistoryEntry[];
  /** Members that Proa does not interpret (Docker's container_config, BuildKit's notes), kept as they came. */
  readonly other?: Readonly<Record<string, unknown>>;
}

/** The member `config`: the defaults for a container of this image. */
export interface ContainerDefaults {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Volumes?: Readonly<Record<string, Record<string, never>>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly ArgsEscaped?: boolean;
  readonly Healthcheck?: Healthcheck;
  readonly Shell?: readonly string[];
  readonly OnBuild?: readonly string[];
  readonly other?: Readonly<Record<string, unknown>>;
}

/** Docker's HEALTHCHECK. Durations are in nanoseconds; 0 or absent means inherit. */
export interface Healthcheck {
  /** `["NONE"]`, `["CMD", …args]`, `["CMD-SHELL", command]`, or empty to inherit. */
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

export interface HistoryEntry {
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

/** overlayfs mounts no more on top of each other (OVL_MAX_STACK in fs/overlayfs/params.h); Docker itself makes 127. */
export const MAX_LAYERS = 500;

const KIND: DocumentKind = { code: 'INVALID_IMAGE_CONFIG', what: 'invalid image config' };

type Reader = (cursor: JsonCursor) => unknown;
const text: Reader = (c) => c.string();
const texts: Reader = (c) => c.strings();
const flag: Reader = (c) => c.boolean();
const integer: Reader = (c) => c.integer();
const textMap: Reader = (c) => c.record((value) => value.string());
/** Go's `map[string]struct{}`: only the keys count. */
const keys: Reader = (c) => c.record(() => ({}));
/** Docker reads a lone string where a list of words belongs (very old images have it). */
const words: Reader = (c) => c.words();

const HEALTHCHECK: Record<keyof Healthcheck, Reader> = {
  Test: texts,
  Interval: integer,
  Timeout: integer,
  StartPeriod: integer,
  StartInterval: integer,
  Retries: integer,
};

// The order of these tables is the order in which members are written.
const DEFAULTS: Record<Exclude<keyof ContainerDefaults, 'other'>, Reader> = {
  User: text,
  ExposedPorts: keys,
  Env: texts,
  Entrypoint: words,
  Cmd: words,
  Volumes: keys,
  WorkingDir: text,
  Labels: textMap,
  StopSignal: text,
  ArgsEscaped: flag,
  Healthcheck: (c) => readMembers(c, HEALTHCHECK),
  Shell: words,
  OnBuild: texts,
};

const HISTORY: Record<keyof HistoryEntry, Reader> = {
  created: text,
  created_by: text,
  author: text,
  comment: text,
  empty_layer: flag,
};

const CONFIG: Record<Exclude<keyof ImageConfig, 'other'>, Reader> = {
  created: text,
  author: text,
  architecture: text,
  os: text,
  'os.version': text,
  'os.features': texts,
  variant: text,
  config: (c) => ({ ...readMembers(c, DEFAULTS), ...readOthers(c, DEFAULTS) }),
  rootfs: readRootfs,
  history: (c) => c.items().map((entry) => readMembers(entry, HISTORY)),
};

/**
 * Parses and checks an image config. Old images leave out os or architecture: then it is Linux, and this machine's
 * architecture, as Docker takes it. Throws INVALID_IMAGE_CONFIG.
 */
export function parseImageConfig(bytes: Uint8Array | string): ImageConfig {
  const document = openJson(bytes, KIND);
  if (document.at('rootfs').absent)
    document.at('rootfs').fail('is missing, so this is not a container image');
  const members = readMembers(document, CONFIG) as Partial<ImageConfig>;
  return {
    config: {},
    history: [],
    ...members,
    os: members.os || 'linux',
    architecture: members.architecture || hostPlatform().architecture,
    ...readOthers(document, CONFIG),
  } as ImageConfig;
}

/**
 * The bytes of a config, the same for equal contents: members in the specification's order, maps sorted by key, no
 * white space. What was parsed and is written again keeps its meaning, not necessarily its digest.
 */
export function serializeImageConfig(config: ImageConfig): Uint8Array {
  const document = {
    ...inOrder(config, CONFIG, {
      config: ({ other, ...defaults }: ContainerDefaults) => ({
        ...inOrder(defaults, DEFAULTS, { Healthcheck: (check: Healthcheck) => inOrder(check, HEALTHCHECK) }),
        ...sorted(other),
      }),
      rootfs: ({ type, diff_ids }: ImageConfig['rootfs']) => ({ type, diff_ids }),
      history: (entries: HistoryEntry[]) => entries.map((entry) => inOrder(entry, HISTORY)),
    }),
    ...sorted(config.other),
  };
  return new TextEncoder().encode(JSON.stringify(document));
}

function readMembers(cursor: JsonCursor, table: Record<string, Reader>): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const [name, read] of Object.entries(table)) {
    const value = cursor.at(name).maybe(read);
    if (value !== undefined) members[name] = value;
  }
  return members;
}

function readOthers(cursor: JsonCursor, table: Record<string, Reader>) {
  const other = cursor.others(Object.keys(table));
  return other && { other };
}

function readRootfs(cursor: JsonCursor) {
  const type = cursor.at('type').string();
  if (type !== 'layers') cursor.at('type').fail(`must be "layers", not ${JSON.stringify(type)}`);
  const ids = cursor.at('diff_ids').maybe((c) => c.items()) ?? [];
  if (ids.length > MAX_LAYERS) {
    cursor.at('diff_ids').fail(`lists ${ids.length} layers, and Linux can mount no more than ${MAX_LAYERS}`);
  }
  return { type, diff_ids: ids.map((id) => id.parse(parseDigest)) };
}

/** The members that `table` names, in its order, each written by its writer or else with its keys sorted. */
function inOrder(
  source: object,
  table: Record<string, Reader>,
  writers: Record<string, (value: never) => unknown> = {},
) {
  const result: Record<string, unknown> = {};
  for (const name of Object.keys(table)) {
    const member = (source as Record<string, unknown>)[name];
    if (member !== undefined) result[name] = (writers[name] ?? sorted)(member as never);
  }
  return result;
}

/** A deep copy whose objects have their keys in code-unit order. */
function sorted<T>(value: T): T {
  if (Array.isArray(value)) return value.map(sorted) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, sorted(member)])) as T;
}
