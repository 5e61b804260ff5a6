import { writeFileSync } from 'node:fs';
import { defineCommand } from '../../cli/command.ts';
import { withSpinner } from '../../cli/spinner.ts';
import { commitContainer } from '../../engine/container/commit.ts';
import { parseTag } from '../../engine/image/tag.ts';
import { resolveContainer } from '../../storage/containers.ts';
import { openEngineForImages, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';

export const command = defineCommand({
  names: ['commit', 'container commit'],
  summary: "Create an image from a container's changes",
  usage: '[OPTIONS] CONTAINER [NAME[:TAG]]',
  description:
    'Makes an image of what the container changed, on top of the image that it was made from. What is in volumes and ' +
    'other mounts is not part of it.',
  examples: [
    'commit web web:patched',
    "commit -a 'Ann <ann@example.com>' -m 'with curl' -c 'CMD [\"sh\"]' build base:2",
    'commit --squash -q build flat',
  ],
  options: {
    author: { short: 'a', type: 'string', metavar: 'TEXT', summary: 'Author: NAME <MAIL>' },
    change: {
      short: 'c',
      type: 'list',
      metavar: 'INSTRUCTION',
      summary: 'Set defaults by a Dockerfile instruction (CMD, ENV, …)',
    },
    format: {
      short: 'f',
      type: 'string',
      default: 'oci',
      choices: ['oci', 'docker'],
      metavar: 'FORMAT',
      summary: 'Kind of the manifest: oci or docker',
    },
    iidfile: { type: 'string', metavar: 'FILE', summary: "Write the image's id to a file", complete: 'file' },
    'include-volumes': { type: 'bool', summary: "The container's volumes become the image's" },
    message: { short: 'm', type: 'string', metavar: 'TEXT', summary: "Comment in the image's history" },
    pause: { short: 'p', type: 'bool', default: true, summary: 'Stop the processes meanwhile' },
    quiet: { short: 'q', type: 'bool', summary: 'Show no progress' },
    squash: { short: 's', type: 'bool', summary: 'Make one layer of all' },
  },
  args: { min: 1, max: 2 },
  completeArgs: 'container',
  run: ({ options, given, args: [name, image] }) =>
    withExitCode1(async () => {
      const engine = openEngineForImages();
      const request = {
        name: image === undefined ? undefined : parseTag(image),
        author: options.author,
        message: options.message,
        changes: options.change,
        pause: !options.pause ? ('no' as const) : given.has('pause') ? ('yes' as const) : ('try' as const),
        squash: options.squash,
        includeVolumes: options['include-volumes'],
        format: options.format as 'oci' | 'docker',
      };
      const id = resolveContainer(engine.store, name!);
      const work = () => commitContainer(engine, id, request);
      const imageId = await (options.quiet ? work() : withSpinner('Committing', work));
      if (options.iidfile) writeFileSync(options.iidfile, imageId);
      await print(`${imageId}\n`);
    }),
});
