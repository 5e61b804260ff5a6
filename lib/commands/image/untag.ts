import { defineCommand } from '../../cli/command.ts';
import { untagImage } from '../../engine/image/tag.ts';
import { openEngine } from '../context.ts';

export const command = defineCommand({
  names: ['untag', 'image untag'],
  summary: 'Take names from an image',
  usage: 'IMAGE [NAME[:TAG]...]',
  description: 'The image stays. Without NAME it loses all of its names.',
  examples: ['untag busybox registry.example.com/team/busybox:1.36', 'untag 0e3bbc2'],
  options: {},
  args: { min: 1 },
  completeArgs: 'image',
  run: ({ args: [image, ...names] }) => untagImage(openEngine(), image!, names),
});
