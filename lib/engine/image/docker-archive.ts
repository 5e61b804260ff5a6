/**
 * The archive of `docker save` (and `podman save`): manifest.json lists images, each with the members that are its
 * configuration and its layers. Docker from 25 on names them as an OCI layout does, which makes no difference here.
 */
import { sha256Digest } from '../../oci/model/digest.ts';
import { parseImageConfig } from '../../oci/model/image-config.ts';
import { JsonCursor } from '../../oci/model/json-cursor.ts';
import { parseReference } from '../../oci/model/reference.ts';
import { parseStrictJson } from '../../oci/model/strict-json.ts';
import type { ImageArchive } from './archive.ts';
import {
  type ArchivedImage,
  digestMismatch,
  pairLayers,
  parseDocument,
  readDocument,
  requireDocument,
} from './archived-image.ts';

/** Undefined when the archive is of another kind. */
export function readDockerArchive(archive: ImageArchive): ArchivedImage[] | undefined {
  const bytes = readDocument(archive, 'manifest.json');
  if (bytes === undefined) return undefined;
  const kind = { code: 'BAD_ARCHIVE', what: `load ${archive.name}: manifest.json` };
  const value = parseStrictJson(bytes, kind);
  // In a folder of skopeo's `dir:` the file of this name is a registry's manifest.
  if (!Array.isArray(value)) return undefined;
  const list = new JsonCursor(value, '', kind);
  return list.items().map((entry) => readImage(archive, entry));
}

function readImage(archive: ImageArchive, entry: JsonCursor): ArchivedImage {
  const path = entry.at('Config').string();
  const names = entry.at('RepoTags').maybe((c) => c.strings()) ?? [];
  const configBytes = requireDocument(archive, path);
  checkName(archive, path, configBytes);
  const config = parseDocument(archive, path, () => parseImageConfig(configBytes));
  const paths = entry.at('Layers').maybe((c) => c.strings()) ?? [];
  return {
    names: parseDocument(archive, 'manifest.json', () => names.map((name) => parseReference(name))),
    config,
    configBytes,
    layers: pairLayers(
      archive,
      config,
      paths.map((layer) => ({ path: layer })),
    ),
  };
}

/** The configuration is named after its digest (`HEX.json`, `blobs/sha256/HEX`), which is the image's id. */
function checkName(archive: ImageArchive, path: string, bytes: Uint8Array): void {
  const hex = /(?:^|[/:])([0-9a-f]{64})(?:\.json)?$/.exec(path)?.[1];
  const digest = sha256Digest(bytes);
  if (hex !== undefined && digest !== `sha256:${hex}`) {
    throw digestMismatch(archive, path, digest, `sha256:${hex}`);
  }
}
