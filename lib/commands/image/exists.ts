import { defineCommand } from '../../cli/command.ts';
import { findImage } from '../../storage/images.ts';
import { openEngine } from '../context.ts';

export const command = defineCommand({
  names: ['image exists'],
  summary: 'Tell by the exit code whether an image is here',
  usage: 'IMAGE',
  examples: ['image exists busybox && echo it is here'],
  description: 'Exits with 0 when it is here, and with 1 when it is not.',
  options: {},
  args: { min: 1, max: 1 },
  completeArgs: 'image',
  async run({ args }) {
    return findImage(openEngine().store, args[0]!) === undefined ? 1 : 0;
  },
});
