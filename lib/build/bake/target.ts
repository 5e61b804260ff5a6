/** A bake target, as files and options describe it (https://docs.docker.com/build/bake/reference/). */

/** `type=registry,ref=x` in parts; every list of a target takes text or an object. */
export type Fields = Readonly<Record<string, string>>;

export interface Target {
  inherits?: readonly string[];
  description?: string;
  annotations?: readonly string[];
  attest?: readonly Fields[];
  context?: string;
  contexts?: Fields;
  dockerfile?: string;
  'dockerfile-inline'?: string;
  /** null: what the Dockerfile says. */
  args?: Readonly<Record<string, string | null>>;
  labels?: Readonly<Record<string, string | null>>;
  tags?: readonly string[];
  'cache-from'?: readonly Fields[];
  'cache-to'?: readonly Fields[];
  target?: string;
  secret?: readonly Fields[];
  ssh?: readonly Fields[];
  platforms?: readonly string[];
  output?: readonly Fields[];
  pull?: boolean;
  'no-cache'?: boolean;
  network?: string;
  'no-cache-filter'?: readonly string[];
  'shm-size'?: string;
  ulimits?: readonly string[];
  call?: string;
  entitlements?: readonly string[];
  'extra-hosts'?: Fields;
}

export type TargetKey = keyof Target;

/** How a value is read, and what becomes of two of them. In the order in which `--print` has them. */
export const TARGET_KEYS: Readonly<
  Record<
    TargetKey,
    { kind: 'text' | 'bool' | 'texts' | 'pairs' | 'fields' | 'shorthand'; merge: 'last' | 'both' }
  >
> = {
  inherits: { kind: 'texts', merge: 'both' },
  description: { kind: 'text', merge: 'last' },
  annotations: { kind: 'texts', merge: 'both' },
  attest: { kind: 'fields', merge: 'both' },
  context: { kind: 'text', merge: 'last' },
  contexts: { kind: 'pairs', merge: 'both' },
  dockerfile: { kind: 'text', merge: 'last' },
  'dockerfile-inline': { kind: 'text', merge: 'last' },
  args: { kind: 'pairs', merge: 'both' },
  labels: { kind: 'pairs', merge: 'both' },
  tags: { kind: 'texts', merge: 'last' },
  // `user/app:cache` alone means a registry's image.
  'cache-from': { kind: 'shorthand', merge: 'both' },
  'cache-to': { kind: 'shorthand', merge: 'last' },
  target: { kind: 'text', merge: 'last' },
  secret: { kind: 'fields', merge: 'both' },
  ssh: { kind: 'fields', merge: 'both' },
  platforms: { kind: 'texts', merge: 'last' },
  output: { kind: 'fields', merge: 'last' },
  pull: { kind: 'bool', merge: 'last' },
  'no-cache': { kind: 'bool', merge: 'last' },
  network: { kind: 'text', merge: 'last' },
  'no-cache-filter': { kind: 'texts', merge: 'last' },
  'shm-size': { kind: 'text', merge: 'last' },
  ulimits: { kind: 'texts', merge: 'last' },
  call: { kind: 'text', merge: 'last' },
  entitlements: { kind: 'texts', merge: 'both' },
  'extra-hosts': { kind: 'pairs', merge: 'both' },
};

/** `over` on top of `under`. */
export function mergeTargets(under: Target, over: Target): Target {
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const { merge } = TARGET_KEYS[key as TargetKey];
    const before = merged[key];
    if (merge === 'last' || before === undefined) merged[key] = value;
    else if (Array.isArray(value))
      merged[key] =
        key === 'attest'
          ? byType([before as Fields[], value].flat())
          : distinct([before as unknown[], value].flat());
    else merged[key] = { ...(before as object), ...(value as object) };
  }
  return merged as Target;
}

/** Of two attestations of one type the later one counts. */
function byType(list: readonly Fields[]): Fields[] {
  return [...new Map(list.map((each) => [each.type, each])).values()];
}

function distinct(list: readonly unknown[]): unknown[] {
  return [...new Map(list.map((each) => [JSON.stringify(each), each])).values()];
}
