/**
 * The options by which commands choose containers, the same wherever docker or podman have them: `--all`, `--latest`,
 * `--filter`, `--ignore`, `--cidfile`, and any number of names.
 */
import type { Option, OptionTable } from '../../cli/command.ts';
import { hasCode, ProaError } from '../../core/error.ts';
import { type Selection, selectContainers } from '../../engine/container/select.ts';
import type { Engine } from '../../engine/engine.ts';
import { openEngine } from '../context.ts';
import { forEach } from '../each.ts';
import { readCidFile } from './cidfile.ts';
import { absoluteTimes } from './filter-times.ts';
import { latestOption } from './one-container.ts';

export const filterOption = {
  short: 'f',
  type: 'list',
  metavar: 'KEY=VALUE',
  summary: 'Act on the containers that match; with names, on those of them',
} as const satisfies Option;

export const cidfileOption = {
  type: 'list',
  metavar: 'FILE',
  summary: 'Read a container id from the file',
  complete: 'file',
} as const satisfies Option;

/** `all` and `ignore` differ in their letters. */
export const selectionOptions = {
  cidfile: cidfileOption,
  filter: filterOption,
  latest: latestOption,
} as const satisfies OptionTable;

/** What stands for names on a command line. */
export const INSTEAD_OF_NAMES = ['all', 'cidfile', 'filter', 'latest'] as const;

export interface SelectionValues {
  all?: boolean;
  cidfile?: readonly string[];
  filter?: readonly string[];
  ignore?: boolean;
  latest?: boolean;
}

export interface Scope extends Pick<Selection, 'suits'> {
  /** The exit code of any failure: 1 where Docker has the command, 125 where only Podman does. */
  exitCode: number;
  /** Printed for a name without a container; left out, that is an error. */
  ifMissing?: string | undefined;
}

/**
 * Runs `action` for every container that the command line means, and prints what it resolves to, by default the name as
 * typed or the full id. One that fails does not keep the others.
 * @returns the exit code
 * @throws ProaError BAD_ARGUMENTS when the options contradict each other, CIDFILE, INVALID_FILTER
 */
export async function forEachContainer(
  { options, args }: { options: SelectionValues; args: readonly string[] },
  { suits, exitCode, ifMissing }: Scope,
  // biome-ignore lint/suspicious/noConfusingVoidType: an action without a result must fit.
  action: (engine: Engine, id: string, shown: string) => Promise<string | void>,
): Promise<number> {
  const engine = openEngine();
  const choices = await selectContainers(engine.store, { ...readSelection(options, args), suits });
  return forEach(
    choices,
    async (choice) => {
      if ('error' in choice) {
        if (ifMissing !== undefined && hasCode(choice.error, 'CONTAINER_NOT_FOUND')) return ifMissing;
        throw choice.error;
      }
      return (await action(engine, choice.id, choice.shown)) ?? choice.shown;
    },
    exitCode,
  );
}

/** The selection that options and arguments ask for. */
export function readSelection(options: SelectionValues, args: readonly string[]): Selection {
  const { all = false, latest = false, filter: filters = [], cidfile = [], ignore = false } = options;
  const names = [...args, ...cidfile.flatMap((file) => readFile(file, ignore))];
  const given = args.length > 0 || cidfile.length > 0;
  if (all && latest) throw contradiction('--all and --latest cannot be used together');
  if (all && given) throw contradiction('--all and names of containers cannot be used together');
  if (latest && given) throw contradiction('--latest and names of containers cannot be used together');
  if (!all && !latest && !given && filters.length === 0)
    throw contradiction('name a container, or use --latest or --all');
  return { names, all, latest, filters: absoluteTimes(filters), ignore };
}

function contradiction(why: string): ProaError {
  return new ProaError('BAD_ARGUMENTS', `choose containers: ${why}`);
}

/** A missing file is a container that is not there. */
function readFile(file: string, ignore: boolean): string[] {
  try {
    return [readCidFile(file)];
  } catch (error) {
    if (ignore && hasCode((error as Error).cause, 'ENOENT')) return [];
    throw error;
  }
}
