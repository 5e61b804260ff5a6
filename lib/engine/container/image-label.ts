/** What to call a container's image today. */
import { digestHex } from '../../oci/model/digest.ts';
import { familiarName, parseReference } from '../../oci/model/reference.ts';
import type { ContainerConfig } from '../../storage/containers.ts';
import { readName } from '../../storage/images.ts';
import type { Store } from '../../storage/store.ts';

/**
 * Names the images of a listing, each name looked up once: the name that the container was created by, while it still
 * means that image; otherwise the image's id, 12 digits of it unless `full`. A container with a root of its own has
 * that folder's path.
 */
export class ImageLabels {
  private readonly known = new Map<string, string>();

  constructor(
    private readonly store: Store,
    private readonly full: boolean,
  ) {}

  of({ image, rootfs }: Pick<ContainerConfig, 'image' | 'rootfs'>): string {
    if (image === undefined) return rootfs ?? '';
    const key = `${image.name} ${image.id}`;
    let label = this.known.get(key);
    if (label === undefined) {
      label = this.find(image);
      this.known.set(key, label);
    }
    return label;
  }

  private find({ id, name }: NonNullable<ContainerConfig['image']>): string {
    const hex = digestHex(id);
    const short = this.full ? id : hex.slice(0, 12);
    // Asked for by id: nothing can point elsewhere. As in Docker, a prefix shorter than the usual one stays as typed.
    if (hex.startsWith(name.replace(/^sha256:/, ''))) return name.length < 12 ? name : short;
    const reference = parseReference(name);
    // A digest, too, means one image for ever; beside a tag it is only shown in full.
    if (reference.digest !== undefined) {
      return this.full || !reference.tag ? name : familiarName(reference).split('@', 1)[0]!;
    }
    if (readName(this.store, reference)?.image !== id) return short;
    return name.includes(':') ? familiarName(reference) : name;
  }
}
