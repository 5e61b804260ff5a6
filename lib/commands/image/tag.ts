import { defineCommand } from '../../cli/command.ts';
import { tagImage } from '../../engine/image/tag.ts';
import { openEngine } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';

export const command = defineCommand({
  names: ['tag', 'image tag'],
  summary: 'Give an image another name',
  usage: 'IMAGE NAME[:TAG] [NAME...]',
  examples: ['tag busybox registry.example.com/team/busybox:1.36'],
  options: {},
  args: { min: 2 },
  completeArgs: 'image',
  run: ({ args: [image, ...names] }) =>
    withExitCode1(async () => {
      await tagImage(openEngine(), image!, names);
    }),
});
