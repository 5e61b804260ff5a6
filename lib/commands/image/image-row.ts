/** One line of `images`: the fields that templates may name (docker-image-ls(1), "--format"). */
import { formatLocalTime } from '../../cli/local-time.ts';
import { formatAge, formatBytes } from '../../cli/values.ts';
import type { ListedImage } from '../../engine/image/list.ts';
import { shortId } from '../../oci/model/digest.ts';

const NONE = '<none>';

export const IMAGE_HEADERS: Readonly<Record<string, string>> = {
  ID: 'IMAGE ID',
  CreatedAt: 'CREATED AT',
  CreatedSince: 'CREATED',
  SharedSize: 'SHARED SIZE',
  UniqueSize: 'UNIQUE SIZE',
  VirtualSize: 'VIRTUAL SIZE',
};

/** @param full ids with all their digits */
export function imageRow({ record, repository, tag, digest }: ListedImage, full: boolean): object {
  const { created } = record;
  const size = formatBytes(record.size);
  return {
    Repository: repository ?? NONE,
    Tag: tag ?? NONE,
    Digest: digest ?? NONE,
    ID: full ? record.id : shortId(record.id),
    CreatedSince: created === undefined ? 'N/A' : formatAge(created),
    CreatedAt: () => (created === undefined ? 'N/A' : formatLocalTime(created)),
    Size: size,
    // Docker says so too, where it would have to count.
    Containers: 'N/A',
    SharedSize: 'N/A',
    UniqueSize: 'N/A',
    VirtualSize: size,
  };
}

/** Podman's --sort: ascending, but `created` puts the newest first. */
export function sortRows(images: ListedImage[], field: string): void {
  if (field === 'created') return;
  if (field === 'size') {
    images.sort((a, b) => a.record.size - b.record.size);
    return;
  }
  const key = ({ record, repository, tag }: ListedImage): string =>
    (field === 'id' ? record.id : field === 'tag' ? tag : repository) ?? '';
  images.sort((a, b) => (key(a) < key(b) ? -1 : key(a) === key(b) ? 0 : 1));
}
