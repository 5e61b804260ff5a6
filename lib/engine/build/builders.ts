/** Builders as `buildx` has them. All are this engine: what is made, chosen and removed is only how they are called. */
import { ProaError } from '../../core/error.ts';
import {
  type BuilderNode,
  type BuilderRecord,
  currentBuilder,
  DEFAULT_BUILDER,
  listBuilders,
  lockBuilders,
  readBuilder,
  removeBuilder,
  useBuilder,
  validateBuilderName,
  writeBuilder,
} from '../../storage/builders.ts';
import type { Store } from '../../storage/store.ts';
import { randomName } from '../container/random-name.ts';

export interface BuilderRequest {
  name?: string;
  driver?: string;
  node: Partial<BuilderNode>;
  /** A node more for a builder that is there. */
  append: boolean;
  /** Take the node away instead. */
  leave: boolean;
  use: boolean;
}

/** The builder that is always there. */
export function defaultBuilder(): BuilderRecord {
  return {
    version: 1,
    name: DEFAULT_BUILDER,
    driver: 'docker',
    created: '',
    nodes: [
      {
        name: DEFAULT_BUILDER,
        endpoint: DEFAULT_BUILDER,
        platforms: [],
        buildkitdFlags: [],
        driverOptions: {},
      },
    ],
  };
}

/** All of them, `default` last, as buildx lists them. */
export function allBuilders(store: Store): BuilderRecord[] {
  return [...listBuilders(store), defaultBuilder()];
}

/**
 * The builder of that name; without one the environment's (BUILDX_BUILDER), else the one in use.
 * @throws ProaError NO_BUILDER
 */
export function requireBuilder(store: Store, name = process.env.BUILDX_BUILDER): BuilderRecord {
  const wanted = name === undefined || name === '' ? currentBuilder(store) : name;
  const found = wanted === DEFAULT_BUILDER ? defaultBuilder() : readBuilder(store, wanted);
  if (found !== undefined) return found;
  throw new ProaError('NO_BUILDER', `no builder ${JSON.stringify(wanted)} found`, {
    hint: `proa buildx ls shows them, proa buildx create --name ${wanted} makes it`,
  });
}

/**
 * Makes a builder, or changes the nodes of one.
 * @returns its name
 * @throws ProaError INVALID_NAME, BUILDER_EXISTS, NO_BUILDER, NO_NODE
 */
export async function createBuilder(store: Store, request: BuilderRequest): Promise<string> {
  using _ = await lockBuilders(store);
  const { append, leave, node, use } = request;
  if ((append || leave) && request.name === undefined)
    throw new ProaError(
      'MISSING_OPTION',
      `--${append ? 'append' : 'leave'} needs --name: which builder is meant`,
    );
  const name = request.name ?? freeName(store);
  validateBuilderName(name);
  if (name === DEFAULT_BUILDER)
    throw new ProaError(
      'INVALID_NAME',
      'default is a reserved name and cannot be used to identify builder instance',
    );
  const old = readBuilder(store, name);
  if (leave) {
    if (old === undefined)
      throw new ProaError('NO_BUILDER', `failed to find instance ${JSON.stringify(name)} for leave`);
    return leaveBuilder(store, old, node.name);
  }
  if (old !== undefined && !append && !old.nodes.some((each) => each.name === node.name)) {
    throw new ProaError(
      'BUILDER_EXISTS',
      `existing instance for ${JSON.stringify(name)} but no append mode, specify the node name to make changes for existing instances`,
      { hint: `proa buildx rm ${name} removes it` },
    );
  }
  const nodes = old?.nodes ?? [];
  const made: BuilderNode = {
    name: node.name ?? `${name}${nodes.length}`,
    endpoint: node.endpoint ?? DEFAULT_BUILDER,
    platforms: node.platforms ?? [],
    buildkitdFlags: node.buildkitdFlags ?? [],
    driverOptions: node.driverOptions ?? {},
  };
  writeBuilder(store, {
    version: 1,
    name,
    driver: old?.driver ?? request.driver ?? 'docker-container',
    created: old?.created ?? new Date().toISOString(),
    nodes: [...nodes.filter((each) => each.name !== made.name), made],
  });
  if (use) useBuilder(store, name);
  return name;
}

/** @throws ProaError NO_BUILDER */
export async function chooseBuilder(store: Store, name: string): Promise<void> {
  using _ = await lockBuilders(store);
  requireBuilder(store, name);
  useBuilder(store, name);
}

/** @throws ProaError NO_BUILDER, or when it is the one that is always there */
export async function discardBuilder(store: Store, name: string): Promise<void> {
  using _ = await lockBuilders(store);
  requireBuilder(store, name);
  if (name === DEFAULT_BUILDER)
    throw new ProaError(
      'BUILDER_IN_USE',
      'default is the builder that is always there: it cannot be removed',
    );
  removeBuilder(store, name);
}

function leaveBuilder(store: Store, record: BuilderRecord, node: string | undefined): string {
  const nodes = record.nodes.filter(({ name }) => name !== node);
  if (node === undefined || nodes.length === record.nodes.length) {
    throw new ProaError('NO_NODE', `builder ${record.name} has no node ${JSON.stringify(node ?? '')}`, {
      hint: `It has ${record.nodes.map(({ name }) => name).join(', ')}: say one with --node`,
    });
  }
  writeBuilder(store, { ...record, nodes });
  return record.name;
}

function freeName(store: Store): string {
  for (let attempt = 0; ; attempt++) {
    const name = randomName(attempt);
    if (readBuilder(store, name) === undefined) return name;
  }
}
