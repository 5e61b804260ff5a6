/** What a manifest list of this store consists of. The list itself is an image record (images.ts). */
import type { Digest } from '../oci/model/digest.ts';
import type { ListedManifest } from '../oci/model/index-document.ts';
import { matchPlatform, type Platform } from '../oci/model/platform.ts';

export interface ListEntry extends ListedManifest {
  /** What it was added as: a full name, with a digest when an index was added whole, or an image id. */
  ref: string;
  /** REGISTRY/REPOSITORY that has it; left out when only this store does. */
  repository?: string;
  /** Its configuration's digest: the id of the image, when that is here. */
  image: Digest;
  /** Base64 of the manifest: what it says can be shown, and sent on, when its registry is not asked again. */
  manifest: string;
}

export interface ManifestList {
  entries: ListEntry[];
}

/** The entry for a platform, as a registry's client would choose it. */
export function chooseEntry({ entries }: ManifestList, platform: Platform): ListEntry | undefined {
  const index = matchPlatform(
    platform,
    entries.map((entry) => entry.platform),
  );
  return index === undefined ? undefined : entries[index];
}
