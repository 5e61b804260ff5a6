import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { unmountContainer } from '../../engine/container/mount.ts';
import { resolveContainer } from '../../storage/containers.ts';
import { openEngine } from '../context.ts';
import { forEachName } from '../each.ts';
import { selected } from './mount.ts';

export const command = defineCommand({
  names: ['unmount', 'container unmount', 'umount', 'container umount'],
  summary: 'End what mount shows',
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  examples: ['unmount web', 'unmount --all'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Unmount all containers' },
    force: {
      short: 'f',
      type: 'bool',
      hidden: true,
      summary: 'Taken for Podman; what is in use is let go of anyway',
    },
    latest: { short: 'l', type: 'bool', summary: 'Act on the container that was made last' },
  },
  completeArgs: 'container',
  async run({ options, args }) {
    const engine = openEngine();
    const names = selected(options, args);
    if (names === undefined) {
      throw new ProaError('BAD_ARGUMENTS', 'unmount containers: name at least one', {
        hint: 'Use --all for all of them',
      });
    }
    return forEachName(names, (name) => unmountContainer(engine, resolveContainer(engine.store, name)));
  },
});
