import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { listMountedImages, type MountedImage, mountImage } from '../../engine/image/mount.ts';
import { digestHex } from '../../oci/model/digest.ts';
import { listImages } from '../../storage/images.ts';
import { openEngine, print } from '../context.ts';
import { forEachName } from '../each.ts';

export const command = defineCommand({
  names: ['image mount'],
  summary: "Show images' files in folders of this machine",
  usage: '[OPTIONS] [IMAGE...]',
  description: 'Mounts images read-only and prints where. Without a name it lists those that are mounted.',
  examples: ['image mount busybox', 'image mount --all', 'image mount --format json'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Mount all images' },
    format: { type: 'string', choices: ['json'], metavar: 'FORMAT', summary: 'List in another form: json' },
  },
  completeArgs: 'image',
  async run({ options: { all, format }, args }) {
    if (all && args.length > 0)
      throw new ProaError('BAD_ARGUMENTS', 'mount images: names and --all cannot be given together');
    const engine = openEngine();
    if (!all && args.length === 0) {
      const mounted = listMountedImages(engine);
      await print(format === 'json' ? asJson(mounted) : asLines(mounted));
      return 0;
    }
    // A list has no files of its own.
    const names = all
      ? listImages(engine.store)
          .filter(({ list }) => list === undefined)
          .map(({ id }) => id)
      : args;
    const found = new Map<string, MountedImage>();
    const code = await forEachName(names, async (name) => {
      found.set(name, await mountImage(engine, name));
      return '';
    });
    const mounted = names.flatMap((name) => found.get(name) ?? []);
    // One that was named needs no name in the answer.
    const single = args.length === 1 && format === undefined && mounted.length === 1;
    if (mounted.length > 0)
      await print(single ? `${mounted[0]!.path}\n` : format === 'json' ? asJson(mounted) : asLines(mounted));
    return code;
  },
});

function asLines(mounted: readonly MountedImage[]): string {
  const rows = mounted.map(({ image, names, path }) => [names[0] ?? digestHex(image.id), path] as const);
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, path]) => `${name.padEnd(width)}  ${path}\n`).join('');
}

/** Podman's members, with their spelling. */
function asJson(mounted: readonly MountedImage[]): string {
  const list = mounted.map(({ image, names, path }) => ({
    id: digestHex(image.id),
    Names: [image.manifest.digest],
    Repositories: names,
    mountpoint: path,
  }));
  return `${JSON.stringify(list, null, 1)}\n`;
}
