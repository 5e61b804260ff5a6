/** Commands that take several names: all are tried, each failure is told, and the exit code says that one failed. */
import { renderError } from '../cli/error-text.ts';
import type { ProaError } from '../core/error.ts';
import { print } from './context.ts';
import { isDebug } from './globals.ts';

/**
 * Runs `action` for every name, several at a time, and prints what it resolves to (by default the name as typed) in the
 * order of the names.
 * @returns 0, or the exit code of the last failure
 */
export async function forEachName(
  names: readonly string[],
  // biome-ignore lint/suspicious/noConfusingVoidType: an action without a result must fit.
  action: (name: string) => Promise<string | void>,
): Promise<number> {
  let code = 0;
  const results = names.map((name) =>
    action(name).then(
      (text) => ({ text: text ?? name }),
      (error) => ({ error }),
    ),
  );
  for (const result of results) {
    const outcome = await result;
    if ('text' in outcome) {
      if (outcome.text !== '') await print(`${outcome.text}\n`);
      continue;
    }
    process.stderr.write(renderError(outcome.error, { debug: isDebug() }));
    code = (outcome.error as ProaError).exitCode ?? 125;
  }
  return code;
}
