import { defineCommand } from '../../cli/command.ts';
import { requireGenerator } from '../../systemd/quadlet/folders.ts';
import { installQuadlets } from '../../systemd/quadlet/installed/install.ts';
import { openPlaces } from '../../systemd/quadlet/installed/places.ts';
import { readSources } from '../../systemd/quadlet/installed/sources.ts';
import { problemText } from '../../systemd/quadlet/problem.ts';
import { print, warn } from '../context.ts';
import { guess } from './generate.ts';
import { reloader, reloadOption } from './reload-option.ts';

export const command = defineCommand({
  names: ['quadlet install'],
  summary: 'Install Quadlet files',
  usage: '[OPTIONS] FILE|FOLDER|URL [FILE|URL...]',
  description:
    'Checks the files, puts them where systemd finds them (for root /etc/containers/systemd, for a user ' +
    '~/.config/containers/systemd) and prints their paths. A folder is an application: its files are removed ' +
    'together, and so are those of a .quadlets file, in which several are divided by lines of ---. What ' +
    'follows a file is installed beside it. Nothing is installed when one of them is wrong.',
  examples: [
    'quadlet install web.container',
    'quadlet install web.container nginx.conf',
    'quadlet install --replace ./shop/',
  ],
  options: {
    ...reloadOption,
    replace: { short: 'r', type: 'bool', summary: 'Put them in the place of files of the same name' },
  },
  args: { min: 1 },
  completeArgs: 'file',
  async run({ options, args }) {
    const places = openPlaces();
    const reload = reloader(places, options['reload-systemd']);
    if (options['reload-systemd']) requireGenerator('proa', places.user ? process.geteuid!() : undefined);
    const { paths, problems } = installQuadlets(places, await readSources(args), options);
    for (const problem of problems) warn(`${problemText(problem)}${guess(problem)}`);
    await reload();
    await print(paths.map((path) => `${path}\n`).join(''));
  },
});
