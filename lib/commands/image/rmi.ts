import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { removeImage } from '../../engine/image/remove.ts';
import { listImages } from '../../storage/images.ts';
import { openEngine, warn } from '../context.ts';
import { forEachName } from '../each.ts';
import { withExitCode1 } from '../exit-code.ts';

export const command = defineCommand({
  names: ['rmi', 'image rm', 'image remove'],
  summary: 'Remove images',
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  examples: ['rmi busybox', 'rmi -f app:1 app:2'],
  description: 'A name takes away that name; with the last name goes the image, unless a container uses it.',
  options: {
    all: { short: 'a', type: 'bool', summary: 'Remove all images' },
    force: { short: 'f', type: 'bool', summary: 'Also with several names, or used by a stopped container' },
    ignore: { short: 'i', type: 'bool', summary: 'Missing images are fine' },
    'no-prune': { type: 'bool', hidden: true, summary: 'Taken for Docker; there are no parents to prune' },
  },
  args: { min: 0 },
  completeArgs: 'image',
  async run({ options, args }) {
    if (options.all === args.length > 0) {
      const wrong = options.all
        ? 'name images or use --all, not both'
        : 'name the images to remove, or use --all';
      throw new ProaError('BAD_ARGUMENTS', `remove images: ${wrong}`, { hint: "See 'proa rmi --help'" });
    }
    const engine = openEngine();
    const names = options.all ? listImages(engine.store, []).map(({ id }) => id) : args;
    const { force, all } = options;
    const kept: ProaError[] = [];
    const remove = async (name: string): Promise<string> => {
      const { untagged, deleted, warning } = await removeImage(engine, name, {
        force,
        allNames: force || all,
      });
      if (warning !== undefined) kept.push(warning);
      return [...untagged.map((text) => `Untagged: ${text}`), ...deleted.map((id) => `Deleted: ${id}`)].join(
        '\n',
      );
    };
    const code = await forEachName(names, (name) => withExitCode1(() => remove(name)).catch(missingIsFine));
    if (kept.length > 0) warn(`Warning: layers were kept: ${kept[0]!.message}`);
    return code;

    function missingIsFine(error: unknown): string {
      const missing = error instanceof ProaError && error.code === 'IMAGE_NOT_FOUND';
      if (missing && (options.ignore || force)) return '';
      throw error;
    }
  },
});
