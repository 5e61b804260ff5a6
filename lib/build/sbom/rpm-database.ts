/**
 * The packages of an rpm database of today's kind, an SQLite file whose table Packages has a header a package
 * (https://rpm-software-management.github.io/rpm/manual/format_header.html, without the lead that files have).
 */
import { type FoundPackage, stated } from './package.ts';

const TAG = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  license: 1014,
  vendor: 1011,
  url: 1020,
  arch: 1022,
};
/** No header of a good package has more entries; its real count is a few hundred. */
const MAX_ENTRIES = 100_000;
const INT32 = 4;

export async function readRpmDatabase(bytes: Uint8Array, file: string): Promise<FoundPackage[]> {
  // Loaded here: only images of one family have such a file.
  const { Database } = await import('bun:sqlite');
  try {
    using database = Database.deserialize(bytes, true);
    const rows = database.query('SELECT blob FROM Packages').all() as { blob: Uint8Array }[];
    return rows.flatMap(({ blob }) => packageOf(blob, file));
  } catch {
    // Whatever is named so and is no such database tells of no packages.
    return [];
  }
}

function packageOf(header: Uint8Array, file: string): FoundPackage[] {
  const value = fieldsOf(header);
  const name = value(TAG.name);
  const version = value(TAG.version);
  // Keys that were imported are kept as packages of this name.
  if (name === undefined || version === undefined || name === 'gpg-pubkey') return [];
  const epoch = value(TAG.epoch);
  return [
    {
      kind: 'rpm',
      name,
      version: `${epoch === undefined ? '' : `${epoch}:`}${version}-${value(TAG.release) ?? ''}`,
      file,
      ...stated('architecture', value(TAG.arch)),
      ...stated('license', value(TAG.license)),
      ...stated('supplier', value(TAG.vendor)),
      ...stated('homepage', value(TAG.url)),
    },
  ];
}

/** Reads a header: two counts, an index of entries (tag, type, offset, count), and the data that it points into. */
function fieldsOf(header: Uint8Array): (tag: number) => string | undefined {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const entries = Math.min(view.getUint32(0), MAX_ENTRIES);
  const data = 8 + entries * 16;
  return (tag) => {
    for (let i = 0; i < entries; i++) {
      const at = 8 + i * 16;
      if (view.getUint32(at) !== tag) continue;
      const offset = data + view.getUint32(at + 8);
      if (view.getUint32(at + 4) === INT32) return String(view.getUint32(offset));
      const end = header.indexOf(0, offset);
      return new TextDecoder().decode(header.subarray(offset, end < 0 ? undefined : end));
    }
    return undefined;
  };
}
