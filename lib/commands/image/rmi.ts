import { defineCommand } from '../../cli/command.ts';
import { renderError } from '../../cli/error-text.ts';
import { hasCode, ProaError } from '../../core/error.ts';
import { type ListedImage, listNamedImages } from '../../engine/image/list.ts';
import { removeImage } from '../../engine/image/remove.ts';
import { parsePlatform } from '../../oci/model/platform.ts';
import { openEngine, warn } from '../context.ts';
import { forEachName } from '../each.ts';
import { withExitCode1 } from '../exit-code.ts';
import { isDebug } from '../globals.ts';

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
    platform: {
      type: 'list',
      metavar: 'OS/ARCH[/VARIANT]',
      summary: 'Only an image for this platform',
    },
    'no-prune': { type: 'bool', summary: 'Keep parents of an image that nothing else needs' },
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
    const { force, all, ignore, 'no-prune': keepParents } = options;
    const names = all ? [...new Set(listNamedImages(engine, { filters: [], all }).images.map(idOf))] : args;
    const platforms = options.platform.map(parsePlatform);
    const kept: ProaError[] = [];
    const remove = async (name: string): Promise<string> => {
      const removal = { force, allNames: force || all, keepParents, platforms };
      const { untagged, deleted, warning } = await removeImage(engine, name, removal);
      if (warning !== undefined) kept.push(warning);
      return [...untagged.map((text) => `Untagged: ${text}`), ...deleted.map((id) => `Deleted: ${id}`)].join(
        '\n',
      );
    };
    const missingIsFine = (error: unknown): string => {
      if (!hasCode(error, 'IMAGE_NOT_FOUND') || !(force || ignore || all)) throw error;
      // As Docker's client: told, but no failure. With --all it went with an image that was made from it.
      if (force && !ignore && !all) process.stderr.write(renderError(error, { debug: isDebug() }));
      return '';
    };
    const inTurn = oneByOne((name: string) => withExitCode1(() => remove(name)).catch(missingIsFine));
    const code = await forEachName(names, inTurn);
    if (kept.length > 0) warn(`Warning: layers were kept: ${kept[0]!.message}`);
    return code;
  },
});

function idOf({ record }: ListedImage): string {
  return record.id;
}

/** An image that others were made from can go when they are gone, so the order of the names matters. */
function oneByOne(action: (name: string) => Promise<string>): (name: string) => Promise<string> {
  let before: Promise<unknown> = Promise.resolve();
  return (name) => {
    const mine = before.then(() => action(name));
    // A failure is told by whoever waits for it.
    before = mine.catch(() => {});
    return mine;
  };
}
