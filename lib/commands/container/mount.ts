import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { listMounted, mountContainer } from '../../engine/container/mount.ts';
import { listContainers, resolveContainer } from '../../storage/containers.ts';
import { openEngine, print } from '../context.ts';
import { forEachName } from '../each.ts';

export const command = defineCommand({
  names: ['mount', 'container mount'],
  summary: "Show containers' files in folders of this machine",
  usage: '[OPTIONS] [CONTAINER...]',
  description:
    'Mounts the root file systems of containers, without their volumes, and prints where. Without a name it lists ' +
    'those that are mounted.',
  examples: ['mount web', 'mount --all', 'mount --format json'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Mount all containers' },
    format: { type: 'string', choices: ['json'], metavar: 'FORMAT', summary: 'List in another form: json' },
    latest: { short: 'l', type: 'bool', summary: 'Act on the container that was made last' },
    'no-trunc': { type: 'bool', aliases: ['notruncate'], summary: 'Show whole ids' },
  },
  completeArgs: 'container',
  async run({ options, args }) {
    const engine = openEngine();
    const names = selected(options, args);
    if (names === undefined) {
      await print(options.format === 'json' ? asJson(engine) : asLines(engine, options['no-trunc']));
      return 0;
    }
    // One that was named needs no name in the answer.
    const single = names.length === 1 && !options.all;
    return forEachName(names, async (name) => {
      const id = resolveContainer(engine.store, name);
      const path = await mountContainer(engine, id);
      return single ? path : `${shortId(id, options['no-trunc'])}  ${path}`;
    });
  },
});

export interface Selection {
  all: boolean;
  latest: boolean;
}

/** The containers that options and arguments name; undefined when they name none. */
export function selected({ all, latest }: Selection, args: readonly string[]): string[] | undefined {
  if (Number(all) + Number(latest) + Number(args.length > 0) > 1) {
    throw new ProaError('BAD_ARGUMENTS', 'names, --all and --latest cannot be given together');
  }
  if (args.length > 0) return [...args];
  if (!all && !latest) return undefined;
  const containers = listContainers(openEngine().store).sort((a, b) =>
    a.config.created < b.config.created ? 1 : -1,
  );
  if (latest && containers.length === 0)
    throw new ProaError('CONTAINER_NOT_FOUND', 'find the latest container: there is none');
  return (latest ? containers.slice(0, 1) : containers).map(({ config }) => config.id);
}

type Engine = ReturnType<typeof openEngine>;

function asLines(engine: Engine, whole: boolean): string {
  return listMounted(engine)
    .map(({ config, path }) => `${shortId(config.id, whole)}  ${path}\n`)
    .join('');
}

/** Podman's members, with their spelling. */
function asJson(engine: Engine): string {
  const list = listMounted(engine).map(({ config, path }) => ({
    id: config.id,
    Names: [config.name],
    mountpoint: path,
  }));
  return `${JSON.stringify(list, null, 1)}\n`;
}

function shortId(id: string, whole: boolean): string {
  return whole ? id : id.slice(0, 12);
}
