import { defineCommand } from '../../cli/command.ts';
import { VERSION } from '../../core/version.ts';
import { print } from '../context.ts';

export const command = defineCommand({
  names: ['buildx version'],
  summary: 'Show the version',
  usage: '',
  examples: ['buildx version'],
  options: {},
  args: { min: 0, max: 0 },
  run: () => print(`proa/buildx v${VERSION}\n`),
});
