/** How this program starts another process of itself. */

/** The words in front of a verb: the executable when compiled; in development Bun and the program's main file. */
export function selfCommand(): string[] {
  if (Bun.isStandaloneExecutable) return [process.execPath];
  return [process.execPath, Bun.fileURLToPath(new URL('../../bin/proa.ts', import.meta.url))];
}
