/** What the `prune`s print, in Docker's form. */
import { renderError } from '../../cli/error-text.ts';
import { formatBytes } from '../../cli/values.ts';
import { print } from '../context.ts';
import { isDebug } from '../globals.ts';

export interface PrunedKind {
  /** `Deleted Volumes`. */
  title: string;
  lines: readonly string[];
}

/**
 * Prints what is gone and how much room that made, and on stderr why something is not.
 * @returns the exit code
 */
export async function printPruned(
  kinds: readonly PrunedKind[],
  bytes: number,
  failures: readonly unknown[] = [],
): Promise<number> {
  const lists = kinds
    .filter(({ lines }) => lines.length > 0)
    .map(({ title, lines }) => `${title}:\n${lines.join('\n')}\n\n`);
  await print(`${lists.join('')}Total reclaimed space: ${formatBytes(bytes, 4)}\n`);
  for (const error of failures) process.stderr.write(renderError(error, { debug: isDebug() }));
  return failures.length > 0 ? 1 : 0;
}
