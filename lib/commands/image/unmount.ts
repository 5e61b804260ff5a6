import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { listMountedImages, unmountImage } from '../../engine/image/mount.ts';
import { digestHex } from '../../oci/model/digest.ts';
import { openEngine } from '../context.ts';
import { forEachName } from '../each.ts';

export const command = defineCommand({
  names: ['image unmount', 'image umount'],
  summary: 'End what image mount shows',
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  description: 'Prints the ids of the images that were mounted.',
  examples: ['image unmount busybox', 'image unmount --all'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Unmount all images' },
    force: {
      short: 'f',
      type: 'bool',
      hidden: true,
      summary: 'Taken for Podman; what is in use is let go of anyway',
    },
  },
  completeArgs: 'image',
  async run({ options: { all }, args }) {
    if (all === args.length > 0) {
      const why = all ? 'names and --all cannot be given together' : 'image name or ID must be specified';
      throw new ProaError('BAD_ARGUMENTS', `unmount images: ${why}`);
    }
    const engine = openEngine();
    const names = all ? listMountedImages(engine).map(({ image }) => image.id) : args;
    return forEachName(names, async (name) => {
      const image = await unmountImage(engine, name);
      return image === undefined ? '' : digestHex(image.id);
    });
  },
});
