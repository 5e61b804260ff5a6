/**
 * `__complete WORD…`: the candidates for the last word, for the scripts of `completion`. Someone is typing: whatever is
 * wrong, it prints nothing rather than an error. It only reads, and makes no store.
 */
import { readdirSync } from 'node:fs';
import { defineCommand } from '../../cli/command.ts';
import { complete, type Lookups } from '../../cli/completion.ts';
import { readIdentity } from '../../rootless/identity.ts';
import { type ContainerState, listContainers } from '../../storage/containers.ts';
import { listNames } from '../../storage/images.ts';
import { defaultPlaces, type Store } from '../../storage/store.ts';
import { print } from '../context.ts';
import { globalOptions, globals } from '../globals.ts';
import { commands } from '../index.ts';

export const command = defineCommand({
  names: ['__complete'],
  summary: 'Answer a completion script',
  usage: '[WORD...]',
  options: {},
  interspersed: false,
  async run({ args }) {
    let candidates: string[];
    try {
      candidates = await complete(args, commands, lookups(placesOf(args)), globalOptions);
    } catch {
      candidates = []; // see above
    }
    await print(candidates.map((candidate) => `${candidate}\n`).join(''));
  },
});

function lookups(store: Store): Lookups {
  const byState = (fits: (state: ContainerState, runs: boolean) => boolean) => async (typed: string) => {
    const { isRunning } = await import('../../engine/container/state.ts');
    const found = listContainers(store, []).filter(({ state }) => fits(state, isRunning(state)));
    return namesOrIds(
      found.map(({ config }) => config.name),
      found.map(({ config }) => config.id),
      typed,
    );
  };
  const container = async (typed: string) => {
    const names = readdirSync(`${store.root}/names`);
    // Only the ids need the records.
    return names.some((name) => name.startsWith(typed)) ? names : byState(() => true)(typed);
  };
  const image = async (typed: string) => {
    const { familiarName, parseReference } = await import('../../oci/model/reference.ts');
    const known = listNames(store, []);
    const names = known.map(({ name }) => familiarName(parseReference(name)));
    return namesOrIds(
      names,
      known.map(({ image }) => image.replace(/^sha256:/, '')),
      typed,
    );
  };
  const volume = () => readdirSync(`${store.root}/volumes`).filter((name) => !/^[0-9a-f]{64}$/.test(name));
  const all: Lookups = {
    container: quietly(container),
    running: quietly(byState((_, runs) => runs)),
    stopped: quietly(byState((_, runs) => !runs)),
    paused: quietly(byState(({ status }, runs) => runs && status === 'paused')),
    image: quietly(image),
    volume: quietly(volume),
    network: quietly(() => ['bridge', 'host', 'none', ...readdirSync(`${store.root}/networks`)]),
    secret: quietly(() => readdirSync(`${store.root}/secrets`)),
  };
  const object = async (typed: string) =>
    (await Promise.all([all.container!(typed), all.image!(typed), all.volume!(typed)])).flat();
  return { ...all, object };
}

/** Names; and where none begins as typed, the ids that do, as short as `ps` shows them or as long as is needed. */
function namesOrIds(names: readonly string[], ids: readonly string[], typed: string): string[] {
  if (!/^[0-9a-f]+$/.test(typed) || names.some((name) => name.startsWith(typed))) return [...names];
  return [...new Set(ids.map((id) => id.slice(0, Math.max(12, typed.length > 12 ? id.length : 0))))];
}

function quietly(
  lookup: (typed: string) => string[] | Promise<string[]>,
): (typed: string) => Promise<string[]> {
  return async (typed) => {
    try {
      return (await lookup(typed)).sort();
    } catch {
      return []; // nothing was ever pulled or run here, or it is not ours to read
    }
  };
}

/** The store that the line being typed is about: its own --root and --runroot count. */
function placesOf(words: readonly string[]): Store {
  const { rootless, uid } = readIdentity();
  const places = defaultPlaces({ rootless, uid });
  // In front of the verb they were taken for this command's own.
  const root = valueAfter(words, '--root') ?? globals().root ?? places.root;
  const runRoot = valueAfter(words, '--runroot') ?? globals().runroot ?? places.runRoot;
  return { root, runRoot, tmp: `${root}/tmp`, xattrPrefix: rootless ? 'user' : 'trusted' };
}

function valueAfter(words: readonly string[], option: string): string | undefined {
  const at = words.findIndex((word) => word === option || word.startsWith(`${option}=`));
  if (at < 0) return undefined;
  return words[at] === option ? words[at + 1] : words[at]!.slice(option.length + 1);
}
