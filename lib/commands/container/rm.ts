import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { removeContainer } from '../../engine/container/stop.ts';
import { forEachContainer, INSTEAD_OF_NAMES, selectionOptions } from './selection.ts';

export const command = defineCommand({
  names: ['rm', 'container rm'],
  summary: 'Remove one or more containers',
  usage: '[OPTIONS] [CONTAINER...]',
  examples: ['rm web', 'rm --force --volumes web db', 'rm --all'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Remove all containers' },
    depend: { type: 'bool', summary: 'Remove those that depend on it first, and theirs' },
    force: { short: 'f', type: 'bool', summary: 'Kill and remove running containers; missing ones are fine' },
    ignore: { short: 'i', type: 'bool', summary: 'Missing containers are fine' },
    link: { type: 'bool', hidden: true, summary: 'Taken for Docker; Proa does not link containers' },
    ...selectionOptions,
    // -f is --force here.
    filter: { ...selectionOptions.filter, short: undefined },
    time: {
      short: 't',
      type: 'int',
      metavar: 'SECONDS',
      aliases: ['timeout'],
      summary: 'With --force, seconds to wait for the end before SIGKILL',
    },
    volumes: { short: 'v', type: 'bool', summary: 'Remove its anonymous volumes too' },
  },
  args: { min: 1, unless: INSTEAD_OF_NAMES },
  completeArgs: 'container',
  async run(call) {
    const { force, volumes, time: timeout, depend } = call.options;
    if (call.options.link) {
      throw new ProaError('NO_LINKS', `remove link ${call.args.join(' ')}: Proa does not link containers`, {
        exitCode: 1,
      });
    }
    if (timeout !== undefined && !force) {
      throw new ProaError('CONFLICTING_OPTIONS', 'remove containers: --time needs --force');
    }
    const options = { ...call.options, ignore: call.options.ignore || force };
    return forEachContainer({ options, args: call.args }, { exitCode: 1 }, async (engine, id) => {
      if (depend) {
        const { removeDependents } = await import('../../engine/container/dependents.ts');
        await removeDependents(engine, id, { force, volumes, timeout });
      }
      await removeContainer(engine, id, { force, volumes, timeout });
    });
  },
});
