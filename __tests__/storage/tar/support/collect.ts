/** Runs the reader with a visitor that keeps everything. */
import type { Entry } from '../../../../lib/storage/tar/entry.ts';
import { TarReader } from '../../../../lib/storage/tar/reader.ts';

export interface Collected {
  entries: (Entry & { data: string })[];
  /** Raw and data in the order they came. */
  bytes: Buffer;
}

export function collect(archive: Uint8Array, step = archive.length || 1): Collected {
  const entries: (Entry & { data: string })[] = [];
  const bytes: Buffer[] = [];
  const reader = new TarReader({
    raw: (raw) => bytes.push(Buffer.from(raw)),
    entry: (entry) => entries.push({ ...entry, data: '' }),
    data: (data) => {
      bytes.push(Buffer.from(data));
      entries.at(-1)!.data += data.toString('latin1');
    },
    entryEnd: () => {},
  });
  for (let at = 0; at < archive.length; at += step) reader.write(archive.subarray(at, at + step));
  reader.end();
  return { entries, bytes: Buffer.concat(bytes) };
}
