/** Commands that take several names: all are tried, each failure is told, and the exit code says that one failed. */
import { renderError } from '../cli/error-text.ts';
import type { ProaError } from '../core/error.ts';
import { print } from './context.ts';
import { isDebug } from './globals.ts';

/** How many are worked on at once, as in Docker's client: each may hold a lock, that is a descriptor, and a process. */
const AT_ONCE = 50;

/** What an action resolves to is printed, by default the name as typed; an empty text prints nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: an action without a result must fit.
type Action = (name: string) => Promise<string | void>;

/**
 * Runs `action` for every name, several at a time, and prints what comes of it in the order of the names.
 * @param exitCode for any failure; left out, it is that of the last failure
 * @returns 0, or the exit code
 */
export function forEachName(names: readonly string[], action: Action, exitCode?: number): Promise<number> {
  return forEach(names, async (name) => (await action(name)) ?? name, exitCode);
}

/** {@link forEachName} for what is known by more than a name. */
export async function forEach<T>(
  items: readonly T[],
  action: (item: T) => Promise<string>,
  exitCode?: number,
): Promise<number> {
  let code = 0;
  for await (const outcome of inTurn(items, action)) {
    if ('text' in outcome) {
      if (outcome.text !== '') await print(`${outcome.text}\n`);
      continue;
    }
    process.stderr.write(renderError(outcome.error, { debug: isDebug() }));
    code = exitCode ?? (outcome.error as ProaError).exitCode ?? 125;
  }
  return code;
}

type Outcome = { text: string } | { error: unknown };

/** The outcomes in the order of the items, as soon as those before are there. */
async function* inTurn<T>(
  items: readonly T[],
  action: (item: T) => Promise<string>,
): AsyncGenerator<Outcome> {
  const gates = items.map(() => Promise.withResolvers<Outcome>());
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      try {
        gates[at]!.resolve({ text: await action(items[at]!) });
      } catch (error) {
        gates[at]!.resolve({ error });
      }
    }
  };
  for (let worker = 0; worker < Math.min(AT_ONCE, items.length); worker++) void work();
  for (const { promise } of gates) yield await promise;
}
