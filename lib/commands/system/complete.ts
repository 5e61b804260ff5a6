/**
 * `__complete WORD…`: the candidates for the last word, for the scripts of `completion`. Someone is typing: whatever is
 * wrong, it prints nothing rather than an error. It only reads, and makes no store.
 */
import { readdirSync } from 'node:fs';
import { defineCommand } from '../../cli/command.ts';
import { complete, type Lookups } from '../../cli/completion.ts';
import { readIdentity } from '../../rootless/identity.ts';
import { listContainers } from '../../storage/containers.ts';
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
  return {
    container: quietly(() => readdirSync(`${store.root}/names`)),
    running: quietly(async () => {
      const { isRunning } = await import('../../engine/container/state.ts');
      return listContainers(store, [])
        .filter(({ state }) => isRunning(state))
        .map(({ config }) => config.name);
    }),
    image: quietly(async () => {
      const { familiarName, parseReference } = await import('../../oci/model/reference.ts');
      return listNames(store, []).map(({ name }) => familiarName(parseReference(name)));
    }),
    volume: quietly(() =>
      readdirSync(`${store.root}/volumes`).filter((name) => !/^[0-9a-f]{64}$/.test(name)),
    ),
    network: () => ['bridge', 'host', 'none'],
  };
}

function quietly(lookup: () => string[] | Promise<string[]>): () => Promise<string[]> {
  return async () => {
    try {
      return (await lookup()).sort();
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
