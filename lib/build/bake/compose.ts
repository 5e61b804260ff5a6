/** Compose files as bake reads them: each service that is built is a target (docs.docker.com/build/bake/compose-file/). */
import { messageOf, ProaError } from '../../core/error.ts';
import type { Definition } from './definition.ts';
import type { Value } from './hcl/value.ts';
import { interpolated } from './interpolate.ts';
import type { Target } from './target.ts';
import { isTargetKey, targetValue } from './target-values.ts';

type Document = { readonly [name: string]: unknown };

/**
 * @param texts of one project, the later ones over the earlier ones
 * @param names the environment with the project's .env
 * @throws ProaError BAKE_SYNTAX
 */
export async function readComposeFiles(
  texts: readonly { name: string; text: string }[],
  names: Readonly<Record<string, string | undefined>>,
): Promise<Definition> {
  const { parse } = await import('yaml');
  let project: Document = {};
  for (const { name, text } of texts) {
    try {
      project = merged(project, interpolated(parse(text, { merge: true }) ?? {}, names)) as Document;
    } catch (error) {
      throw new ProaError('BAKE_SYNTAX', `${name}: ${messageOf(error)}`, { cause: error });
    }
  }
  const targets = new Map<string, Target>();
  for (const [service, content] of Object.entries(record(project.services))) {
    const { build, image } = record(content);
    if (build === undefined || build === null) continue;
    const name = service.replaceAll('.', '_');
    try {
      targets.set(name, readService(build, image, project, names));
    } catch (error) {
      throw new ProaError('BAKE_SYNTAX', `${texts.at(-1)!.name}: service ${service}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
  const groups = new Map(targets.size === 0 ? [] : [['default', [...targets.keys()].sort()]]);
  return { targets, groups, variables: [] };
}

function readService(
  said: unknown,
  image: unknown,
  project: Document,
  names: Readonly<Record<string, string | undefined>>,
): Target {
  const build = typeof said === 'string' ? { context: said } : record(said);
  const values: Record<string, unknown> = {
    context: build.context,
    contexts: contexts(build.additional_contexts),
    dockerfile: build.dockerfile,
    'dockerfile-inline': build.dockerfile_inline,
    args: pairs(build.args, names),
    labels: pairs(build.labels, {}),
    tags: build.tags ?? (image === undefined ? undefined : [image]),
    'cache-from': build.cache_from,
    'cache-to': build.cache_to,
    target: build.target,
    secret: secrets(build.secrets, record(project.secrets)),
    ssh: build.ssh === undefined ? undefined : lines(build.ssh),
    platforms: build.platforms,
    pull: build.pull,
    'no-cache': build.no_cache,
    network: build.network,
    'shm-size': build.shm_size,
    ulimits: ulimits(build.ulimits),
    'extra-hosts': hosts(build.extra_hosts),
    entitlements: build.privileged === true ? ['security.insecure'] : build.entitlements,
  };
  // `image` is the name, and `tags` more of them.
  if (build.tags !== undefined && image !== undefined)
    values.tags = [...new Set([image, ...(build.tags as unknown[])])];
  for (const [key, value] of Object.entries(record(build['x-bake'])))
    values[key] = key === 'args' ? pairs(value, names) : value;
  const target: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined || value === null) continue;
    if (!isTargetKey(key)) throw new ProaError('BAKE_VALUE', `x-bake: unknown attribute ${key}`);
    const isList = ['texts', 'fields', 'shorthand'].includes(kindOf(key));
    target[key] = targetValue(key, (isList && !Array.isArray(value) ? [value] : value) as Value);
  }
  return target as Target;
}

const LISTS = ['tags', 'cache-from', 'cache-to', 'output', 'platforms', 'secret', 'ssh', 'no-cache-filter'];
function kindOf(key: string): string {
  return LISTS.includes(key) ? 'texts' : 'text';
}

/** A map, or `NAME=value` lines; a bare name takes the environment's value. */
function pairs(said: unknown, names: Readonly<Record<string, string | undefined>>): Document | undefined {
  if (said === undefined || said === null) return undefined;
  const entries = Array.isArray(said)
    ? said.map((line) => splitPair(String(line), '='))
    : Object.entries(record(said)).map(([name, value]) => [name, value] as const);
  const values = entries.map(([name, value]) => [name, value ?? names[name] ?? null] as const);
  return Object.fromEntries(values);
}

function contexts(said: unknown): Document | undefined {
  const values = pairs(said, {});
  if (values === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, String(value).replace(/^service:/, 'target:')]),
  );
}

function hosts(said: unknown): Document | undefined {
  if (said === undefined) return undefined;
  if (!Array.isArray(said)) return record(said);
  return Object.fromEntries(
    said.map((line) => splitPair(String(line), String(line).includes('=') ? '=' : ':')),
  );
}

function ulimits(said: unknown): string[] | undefined {
  if (said === undefined) return undefined;
  return Object.entries(record(said)).map(([name, value]) => {
    if (typeof value !== 'object') return `${name}=${value}`;
    const { soft, hard } = record(value);
    return `${name}=${soft}:${hard}`;
  });
}

/** Of the project's secrets those that the build names. */
function secrets(said: unknown, known: Document): Document[] | undefined {
  if (!Array.isArray(said)) return undefined;
  return said.map((each) => {
    const { source, target } = typeof each === 'string' ? { source: each, target: undefined } : record(each);
    const name = String(source);
    const { file, environment } = record(known[name]);
    if (file === undefined && environment === undefined)
      throw new ProaError(
        'BAKE_VALUE',
        `the secret ${name} is not described: it needs a file or an environment`,
      );
    const id = target === undefined ? name : String(target);
    return environment === undefined ? { id, src: file } : { type: 'env', id, env: environment };
  });
}

function lines(said: unknown): unknown[] {
  if (Array.isArray(said)) return said;
  if (typeof said !== 'object' || said === null) return [said];
  return Object.entries(said).map(([name, value]) => (value === null ? name : `${name}=${value}`));
}

function splitPair(line: string, separator: string): readonly [string, string | undefined] {
  const at = line.indexOf(separator);
  return at < 0 ? [line, undefined] : [line.slice(0, at), line.slice(at + 1)];
}

/** Maps are merged, all else is replaced. */
function merged(under: unknown, over: unknown): unknown {
  if (!isRecord(under) || !isRecord(over)) return over;
  const keys = new Set([...Object.keys(under), ...Object.keys(over)]);
  return Object.fromEntries(
    [...keys].map((key) => [key, Object.hasOwn(over, key) ? merged(under[key], over[key]) : under[key]]),
  );
}

function isRecord(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
function record(value: unknown): Document {
  return isRecord(value) ? value : {};
}
