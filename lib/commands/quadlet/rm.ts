import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { openPlaces } from '../../systemd/quadlet/installed/places.ts';
import { removeQuadlet } from '../../systemd/quadlet/installed/remove.ts';
import { loadUnits } from '../../systemd/quadlet/load.ts';
import { forEach } from '../each.ts';
import { reloader, reloadOption } from './reload-option.ts';

export const command = defineCommand({
  names: ['quadlet rm'],
  summary: 'Remove Quadlet files',
  usage: '[OPTIONS] QUADLET|APPLICATION...',
  description:
    'Prints the names of the files that are gone. An application goes as a whole, also when one of its files is named.',
  examples: ['quadlet rm web.container', 'quadlet rm --force shop', 'quadlet rm --all'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Remove all that quadlet install put there' },
    force: { short: 'f', type: 'bool', summary: 'Stop services that run' },
    ignore: { short: 'i', type: 'bool', summary: 'Files that are not there are fine' },
    ...reloadOption,
  },
  args: { min: 1, unless: ['all'] },
  async run({ options, args }) {
    const places = openPlaces();
    if (options.all && args.length > 0)
      throw new ProaError('CONFLICTING_OPTIONS', `remove ${args.join(' ')}: --all takes no names`);
    const reload = reloader(places, options['reload-systemd']);
    const inTarget = (path: string) => path.startsWith(`${places.target}/`);
    const names = options.all
      ? [...loadUnits(places.folders, []).values()]
          .filter(({ path }) => inTarget(path))
          .map(({ name }) => name)
      : args;
    // Of an application's files the first one takes the others along, so one goes after the other.
    const gone = new Set<string>();
    let before: Promise<unknown> = Promise.resolve();
    const remove = async (name: string): Promise<string> => {
      if (gone.has(name)) return '';
      const ignore = options.ignore || options.all;
      const removed = await removeQuadlet(places, name, { force: options.force, ignore });
      for (const each of removed) gone.add(each);
      return removed.join('\n');
    };
    const code = await forEach(names, (name) => {
      const mine = before.then(() => remove(name));
      before = mine.catch(() => undefined);
      return mine;
    });
    await reload();
    return code;
  },
});
