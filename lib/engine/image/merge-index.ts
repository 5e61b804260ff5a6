/** Adding to an OCI layout that is there already. */
import { ProaError } from '../../core/error.ts';
import { parseManifest } from '../../oci/model/manifest.ts';
import { parseStrictJson } from '../../oci/model/strict-json.ts';

interface Entry {
  digest?: string;
  annotations?: Record<string, string>;
}

/**
 * index.json with the entries of `added` behind those of `old`. A name moves to the new image, and an entry without a
 * name is there once. What else the old document says stays as it is.
 * @param folder for messages
 * @throws ProaError INVALID_MANIFEST, BAD_ARCHIVE when the old one is no index
 */
export function mergeIndex(old: Uint8Array, added: Uint8Array, folder: string): Uint8Array {
  if (parseManifest(old).kind !== 'index') {
    throw new ProaError('BAD_ARCHIVE', `save images to ${folder}: its index.json is not an image index`);
  }
  const document = parseStrictJson(old, { code: 'BAD_ARCHIVE', what: `read ${folder}/index.json` }) as {
    manifests?: Entry[];
  };
  const { manifests: fresh } = JSON.parse(Buffer.from(added).toString()) as { manifests: Entry[] };
  const key = (entry: Entry): string | undefined =>
    entry.annotations?.['org.opencontainers.image.ref.name'] ?? entry.digest;
  const names = new Set(fresh.map(key));
  const staying = (document.manifests ?? []).filter((entry) => !names.has(key(entry)));
  return Buffer.from(JSON.stringify({ ...document, manifests: [...staying, ...fresh] }));
}
