/** One line of `images`: the fields that templates may name (docker-image-ls(1), "--format"; podman-images(1)). */
import { formatLocalTime } from '../../cli/local-time.ts';
import { formatAge, formatBytes } from '../../cli/values.ts';
import type { ListedImage } from '../../engine/image/list.ts';
import { digestHex, shortId } from '../../oci/model/digest.ts';
import { familiarName, parseReference } from '../../oci/model/reference.ts';

const NONE = '<none>';

export const IMAGE_HEADERS: Readonly<Record<string, string>> = {
  ID: 'IMAGE ID',
  CreatedAt: 'CREATED AT',
  CreatedSince: 'CREATED',
  SharedSize: 'SHARED SIZE',
  UniqueSize: 'UNIQUE SIZE',
  VirtualSize: 'VIRTUAL SIZE',
  Created: 'CREATED',
  Dangling: 'DANGLING',
  History: 'HISTORY',
  Id: 'ID',
  Labels: 'LABELS',
  Names: 'NAMES',
  ParentId: 'PARENT ID',
  ReadOnly: 'READ ONLY',
  RepoDigests: 'REPO DIGESTS',
  RepoTags: 'REPO TAGS',
};

/** Podman's fields. They are inherited, so that `--format json` has Docker's and no others. */
class PodmanFields {
  readonly #image: ListedImage;

  constructor(image: ListedImage) {
    this.#image = image;
  }
  get Created(): string {
    return createdSince(this.#image);
  }
  get Dangling(): boolean {
    return this.#image.names.length === 0;
  }
  get History(): string {
    return historyOf(this.#image);
  }
  get Id(): string {
    return digestHex(this.#image.record.id);
  }
  get Labels(): Readonly<Record<string, string>> {
    return this.#image.record.labels ?? {};
  }
  get Names(): string[] {
    return this.#image.names.map(familiar);
  }
  get ParentId(): string {
    const { parent } = this.#image.record;
    return parent === undefined ? '' : digestHex(parent);
  }
  get ReadOnly(): boolean {
    return false;
  }
  get RepoDigests(): string[] {
    return this.#image.record.repoDigests.map(familiar);
  }
  get RepoTags(): string[] {
    return this.Names;
  }
}

/** @param full ids with all their digits */
export function imageRow(image: ListedImage, full: boolean): object {
  const { record, repository, tag, digest } = image;
  return Object.assign(new PodmanFields(image), {
    Repository: repository ?? NONE,
    Tag: tag ?? NONE,
    Digest: digest ?? NONE,
    ID: full ? record.id : shortId(record.id),
    CreatedSince: () => createdSince(image),
    CreatedAt: () => (record.created === undefined ? 'N/A' : formatLocalTime(record.created)),
    Size: formatBytes(record.size),
    // Docker says so too, where it would have to count.
    Containers: 'N/A',
    SharedSize: 'N/A',
    UniqueSize: 'N/A',
    VirtualSize: () => formatBytes(record.size, 4),
  });
}

function createdSince({ record: { created } }: ListedImage): string {
  return created === undefined ? 'N/A' : formatAge(created);
}

/** All names that the image was ever given here, the latest first. */
function historyOf({ record, names }: ListedImage): string {
  return [...new Set([...(record.namesHistory ?? []), ...names])].map(familiar).join(', ');
}

function familiar(name: string): string {
  return familiarName(parseReference(name));
}

/** Podman's --sort: ascending, but `created` puts the newest first. */
export function sortRows(images: ListedImage[], field: string): void {
  if (field === 'created') return;
  if (field === 'size') {
    images.sort((a, b) => a.record.size - b.record.size);
    return;
  }
  const key = ({ record, repository, tag }: ListedImage): string =>
    (field === 'id' ? record.id : field === 'tag' ? tag : repository) ?? NONE;
  images.sort((a, b) => (key(a) < key(b) ? -1 : key(a) === key(b) ? 0 : 1));
}
