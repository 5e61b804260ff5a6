/** An image as a `.container` file: with the options that were given, and nothing guessed. */
import { familiarRepository, parseReference } from '../../oci/model/reference.ts';
import { containerFile, type RunOption } from './container-file.ts';

/** The last word of an image's name, which its service has unless another is given. */
export function nameOfImage(image: string): string {
  return familiarRepository(parseReference(image)).split('/').at(-1)!;
}

export function quadletOfImage(
  image: string,
  { name, options, wantedBy }: { name: string; options: readonly RunOption[]; wantedBy: string },
): string {
  return containerFile({
    description: `Container of ${image}`,
    name,
    image,
    command: [],
    options,
    restart: 'always',
    wantedBy,
  });
}
