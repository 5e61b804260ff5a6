import { readFileSync } from 'node:fs';
import { defineCommand } from '../../cli/command.ts';
import { openPlaces } from '../../systemd/quadlet/installed/places.ts';
import { noSuchQuadlet } from '../../systemd/quadlet/installed/remove.ts';
import { findFiles } from '../../systemd/quadlet/load.ts';
import { print } from '../context.ts';

export const command = defineCommand({
  names: ['quadlet print', 'quadlet cat'],
  summary: 'Print a Quadlet file',
  usage: 'QUADLET',
  description: 'As it is on the disk, with its comments. proa quadlet --dryrun prints what becomes of it.',
  examples: ['quadlet print web.container'],
  options: {},
  args: { min: 1, max: 1 },
  async run({ args: [name] }) {
    const path = findFiles(openPlaces().folders).get(name!);
    if (path === undefined) throw noSuchQuadlet(name!);
    await print(readFileSync(path, 'utf8'));
  },
});
