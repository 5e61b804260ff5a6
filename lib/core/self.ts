/** How this program starts another process of itself. */
import { join } from 'node:path';

/**
 * The words in front of a verb: the executable when compiled; in development Bun and the program's main file.
 * (A compiled program's modules live below /$bunfs, Bun's file system inside the executable.)
 */
export function selfCommand(): string[] {
  if (import.meta.url.includes('/$bunfs/')) return [process.execPath];
  return [process.execPath, join(import.meta.dirname, '../../bin/proa.ts')];
}
