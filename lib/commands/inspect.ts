import { defineCommand } from '../cli/command.ts';
import { hasCode, ProaError } from '../core/error.ts';
import type { Engine } from '../engine/engine.ts';
import { latestContainer } from '../storage/containers.ts';
import { latestOption } from './container/one-container.ts';
import { openEngine, warn } from './context.ts';
import { printInspected } from './inspect-output.ts';

interface Inspector {
  /** The code of the error that says that there is no such object. */
  missing: string;
  inspect(engine: Engine, name: string, options: { size: boolean }): Promise<object>;
}

/** In the order in which a name is looked up. Only what is needed is loaded. */
const INSPECTORS: Readonly<Record<string, Inspector>> = {
  container: {
    missing: 'CONTAINER_NOT_FOUND',
    inspect: async (engine, name, options) =>
      (await import('../engine/container/inspect.ts')).inspectContainer(engine, name, options),
  },
  image: {
    missing: 'IMAGE_NOT_FOUND',
    inspect: async (engine, name) => (await import('../engine/image/inspect.ts')).inspectImage(engine, name),
  },
  network: {
    missing: 'NETWORK_NOT_FOUND',
    inspect: async (engine, name) =>
      (await import('../engine/network/inspect.ts')).inspectNetworkNamed(engine, name),
  },
  volume: {
    missing: 'VOLUME_NOT_FOUND',
    inspect: async (engine, name) =>
      (await import('../engine/volume/inspect.ts')).inspectVolume(engine.store, name),
  },
  secret: {
    missing: 'SECRET_NOT_FOUND',
    inspect: async (engine, name) =>
      (await import('../engine/secret/inspect.ts')).inspectSecret(engine.store, name),
  },
};

export const command = defineCommand({
  names: ['inspect'],
  summary: 'Show all about containers, images, networks and volumes',
  usage: '[OPTIONS] [NAME|ID...]',
  examples: [
    'inspect web',
    "inspect --format '{{.NetworkSettings.IPAddress}}' web",
    'inspect --type image web',
  ],
  options: {
    format: { short: 'f', type: 'string', metavar: 'FORMAT', summary: "'json' or a Go template" },
    latest: latestOption,
    size: { short: 's', type: 'bool', summary: 'Show the sizes of containers on disk' },
    type: {
      short: 't',
      type: 'string',
      metavar: 'TYPE',
      choices: ['all', ...Object.keys(INSPECTORS)],
      summary: 'Look only among container, image, network, secret or volume',
    },
  },
  args: { min: 1, unless: ['latest'] },
  completeArgs: 'object',
  async run({ options, args }) {
    const { format, size, latest } = options;
    const type = latest ? latestType(options.type, args) : options.type === 'all' ? undefined : options.type;
    if (size && type !== undefined && type !== 'container') warn(`Warning: --size says nothing of a ${type}`);
    const engine = openEngine();
    const names = latest ? [latestContainer(engine.store)] : args;
    return printInspected(names, format, (name) => inspectAny(engine, name, type, size));
  },
});

/** `--latest` means a container. @throws ProaError BAD_ARGUMENTS */
function latestType(type: string | undefined, args: readonly string[]): string {
  const why =
    args.length > 0
      ? '--latest and names cannot be used together'
      : type !== undefined && type !== 'all' && type !== 'container'
        ? `--latest is for containers, and not for --type ${type}`
        : undefined;
  if (why !== undefined) throw new ProaError('BAD_ARGUMENTS', `inspect: ${why}`);
  return 'container';
}

async function inspectAny(
  engine: Engine,
  name: string,
  type: string | undefined,
  size: boolean,
): Promise<object> {
  const types = type === undefined ? Object.keys(INSPECTORS) : [type];
  for (const candidate of types) {
    const { inspect, missing } = INSPECTORS[candidate]!;
    try {
      return await inspect(engine, name, { size });
    } catch (error) {
      // A name that cannot be an image's or a volume's may still be that of another object.
      if (!hasCode(error, missing, 'INVALID_REFERENCE', 'INVALID_NAME')) throw error;
    }
  }
  throw new ProaError('NO_SUCH_OBJECT', `no such ${type ?? 'object'}: ${name}`, { exitCode: 1 });
}
