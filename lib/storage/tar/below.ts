/** An archive that is unpacked into a folder of what is there: by `cp`, and by ADD. */
import type { ByteString } from './header.ts';
import { cleanName, joinName } from './path.ts';
import type { Visitor } from './reader.ts';

/** Hands entries on with their names below a folder. Members that stand for the folder itself are left out, as by Docker. */
export function below(folder: ByteString, visitor: Visitor): Visitor {
  return {
    raw: (bytes) => visitor.raw(bytes),
    entry: (entry) => {
      const path = cleanName(entry.path);
      visitor.entry({
        ...entry,
        type: path === '' ? 'ignored' : entry.type,
        path: joinName(folder, path),
        linkPath: entry.type === 'link' ? joinName(folder, cleanName(entry.linkPath)) : entry.linkPath,
      });
    },
    data: (bytes) => visitor.data(bytes),
    entryEnd: () => visitor.entryEnd(),
  };
}
