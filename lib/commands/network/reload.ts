import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { reloadContainerNetworks } from '../../engine/network/reload-containers.ts';
import { latestContainer, resolveContainer } from '../../storage/containers.ts';
import { latestOption } from '../container/one-container.ts';
import { openEngine } from '../context.ts';
import { forEachName } from '../each.ts';

export const command = defineCommand({
  names: ['network reload'],
  summary: 'Bring back firewall rules and names of running containers',
  usage: '[OPTIONS] [CONTAINER...]',
  description:
    'For when another program took the rules away. All networks’ rules are one table, which comes back as a whole.',
  examples: ['network reload --all', 'network reload web'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Of all containers' },
    latest: latestOption,
  },
  args: { min: 1, unless: ['all', 'latest'] },
  completeArgs: 'running',
  async run({ options, args }) {
    if (args.length > 0 && (options.all || options.latest)) {
      throw new ProaError(
        'BAD_ARGUMENTS',
        'reload networks: name containers, or use --all or --latest, not both',
      );
    }
    const engine = openEngine();
    const { store } = engine;
    const ids = options.latest ? [latestContainer(store)] : args;
    const reload = await reloadContainerNetworks(engine);
    return forEachName(options.all ? reload.running : ids, async (name) => {
      const id = resolveContainer(store, name);
      if (reload.running.includes(id)) return id;
      throw new ProaError('NOT_RUNNING', `reload networks of container ${name}: it is not running`);
    });
  },
});
