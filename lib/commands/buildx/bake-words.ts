/** A target of bake as the words of `build`, which mean the same. */
import { join } from 'node:path/posix';
import { fieldsText } from '../../build/bake/fields.ts';
import type { Fields, Target } from '../../build/bake/target.ts';

export interface BakeWords {
  readonly words: readonly string[];
  readonly context: string;
  /** Text of the Dockerfile, when it stands in the target; the file that gets it is added with `-f`. */
  readonly inline?: string;
}

/** @param results names of other targets that were built → how their images are called */
export function buildWords(target: Target, results: ReadonlyMap<string, string>): BakeWords {
  const context = localPath(target.context ?? '.');
  const inline = target['dockerfile-inline'];
  const words = [
    ...(inline === undefined ? ['--file', dockerfilePath(context, target.dockerfile)] : []),
    ...each('tag', target.tags),
    ...each('build-arg', pairs(target.args)),
    ...each('label', pairs(target.labels)),
    ...each('annotation', target.annotations),
    ...each('platform', target.platforms),
    ...each('no-cache-filter', target['no-cache-filter']),
    ...each('ulimit', target.ulimits),
    ...each('allow', target.entitlements),
    ...each('add-host', pairs(target['extra-hosts'], ':')),
    ...each(
      'build-context',
      pairs(target.contexts).map((pair) => resolveContext(pair, results)),
    ),
    ...fields('attest', target.attest),
    ...fields('cache-from', target['cache-from']),
    ...fields('cache-to', target['cache-to']),
    ...fields('secret', target.secret),
    ...fields('ssh', target.ssh),
    ...fields('output', target.output),
    ...each('target', target.target),
    ...each('network', target.network),
    ...each('shm-size', target['shm-size']),
    ...each('call', target.call),
    ...(target.pull ? ['--pull'] : []),
    ...(target['no-cache'] ? ['--no-cache'] : []),
  ];
  return { words, context, ...(inline !== undefined && { inline }) };
}

function each(name: string, values: string | readonly string[] | undefined): string[] {
  return [values ?? []].flat().map((value) => `--${name}=${value}`);
}

function fields(name: string, list: readonly Fields[] | undefined): string[] {
  return (list ?? []).map((one) => `--${name}=${fieldsText(name, one)}`);
}

/** Names whose value is null are as the Dockerfile has them. */
function pairs(said: Readonly<Record<string, string | null>> | undefined, separator = '='): string[] {
  return Object.entries(said ?? {}).flatMap(([name, value]) =>
    value === null ? [] : `${name}${separator}${value}`,
  );
}

/** Relative to a local context, unless it says otherwise. */
function dockerfilePath(context: string, dockerfile = 'Dockerfile'): string {
  if (dockerfile.startsWith('cwd://')) return localPath(dockerfile);
  const isLocal = !/^[a-z+]+:\/\/|^git@/.test(context) && context !== '-';
  return !isLocal || dockerfile.startsWith('/') ? dockerfile : join(context, dockerfile);
}

function localPath(place: string): string {
  return place.startsWith('cwd://') ? place.slice('cwd://'.length) || '.' : place;
}

function resolveContext(pair: string, results: ReadonlyMap<string, string>): string {
  const [, name = '', place = ''] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
  if (!place.startsWith('target:')) return `${name}=${localPath(place)}`;
  return `${name}=docker-image://${results.get(place.slice('target:'.length))!}`;
}
